/// Where the time of one exact computation went.
public struct ExactProfile: Codable, Hashable, Sendable {
  /// Wall-clock seconds of the attack, of bounds, of folding, of the search and of CBC.
  public var attack = 0.0, bounds = 0.0, folding = 0.0, search = 0.0, milp = 0.0
  /// Iterations of the simplex method in the search, and cuts that it added.
  public var iterations = 0, cuts = 0
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
