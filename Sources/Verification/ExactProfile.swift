import BranchAndBound

/// Where the time of one exact computation went.
public struct ExactProfile: Codable, Hashable, Sendable {
  /// Wall-clock seconds of the attack, of bounds on the whole region, of the search and of CBC; and how many of the
  /// search's went into bounds and folding of its parts.
  public var attack = 0.0, bounds = 0.0, search = 0.0, milp = 0.0, folding = 0.0
  /// Iterations of the simplex method in the search, cuts that it added, and parts of the region that it folded.
  public var iterations = 0, cuts = 0, parts = 0
  /// Classes on which CBC had an opinion of its own that was compared with the search's answer, and those on which it was
  /// asked and had none: its time was up, or it failed. The latter say nothing, not that the two agree.
  public var opinions = 0, missingOpinions = 0

  /// Adds what a search has spent.
  mutating func add(_ outcome: PhaseSearchOutcome) {
    folding += outcome.foldingSeconds
    iterations &+= outcome.iterations
    cuts += outcome.cuts
    parts += outcome.parts
  }

  /// Counts what CBC had to say when it was asked, if anything.
  mutating func add(_ opinion: SecondOpinion?) {
    if opinion == nil { missingOpinions += 1 } else { opinions += 1 }
  }
}

/// Seconds from one call to the next, on the monotonic clock.
struct Stopwatch {
  private var last = ContinuousClock.now

  /// Seconds since the last lap, or since it was made.
  mutating func lap() -> Double {
    let now = ContinuousClock.now
    defer { last = now }
    return (now - last) / .seconds(1)
  }
}
