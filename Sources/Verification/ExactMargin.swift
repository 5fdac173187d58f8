import Attacks
import Bounds
import BranchAndBound
import MathematicalPrograms
import Networks
import RegionNetworks
import Tensors

/// The exact worst-case margin of one sample, as a bracket.
///
/// Attack first: the best replayed input is the incumbent. Classes whose sound bound is no larger are closed at once.
/// For each of the others, those with the largest bounds first, a search looks for anything better than the incumbent;
/// what it finds is replayed, what it excludes becomes the upper end.
/// - Source: Tjeng et al. 2019 for the order of work; `PhaseSearch` for the search.
public struct ExactMargin {
  private let network: Network
  private let region: Region
  private let label: Int
  private let settings: ExactSettings
  private let mixedInteger: any MixedIntegerSolver.Type
  private let replay: Replay
  private var deadline: Deadline
  private var stream: RandomStream
  private var profile = ExactProfile()

  /// Computes the bracket.
  ///
  /// - Parameters:
  ///   - network: a network with at least two outputs.
  ///   - region: the inputs.
  ///   - label: the class that margins are counted from.
  ///   - sample: the sample's index, which selects the attack's random numbers.
  /// - Throws: ``VerificationError`` if two results contradict each other, or the outputs overflow: then nothing is
  ///   reported.
  /// - Complexity: exponential in the number of unstable units, in the worst case; stops at the timeout.
  public static func bracket(
    of network: Network, over region: Region, label: Int, sample: Int = 0, settings: ExactSettings
  ) throws(VerificationError) -> MarginBracket {
    try bracket(
      of: network, over: region, label: label, sample: sample, settings: settings, solvers: ClpSolver.self,
      CBCProcesses.self)
  }

  /// The same by given solvers, whatever they say.
  static func bracket<Solver: LinearProgramSolver & ~Copyable>(
    of network: Network, over region: Region, label: Int, sample: Int = 0, settings: ExactSettings,
    solvers: Solver.Type, _ mixedInteger: any MixedIntegerSolver.Type
  ) throws(VerificationError) -> MarginBracket {
    var search = ExactMargin(
      network: network, region: region, label: label, settings: settings, mixedInteger: mixedInteger,
      replay: Replay(network: network, region: region, label: label), deadline: Deadline(seconds: settings.timeout),
      stream: RandomStream(seed: settings.seed, purpose: "exact margin attack", index: sample))
    return try search.run(by: solvers)
  }

  /// One class that could still beat the incumbent.
  private struct OpenClass {
    let index: Int
    var upper: Double
  }

  /// What became of one class, or of all of them.
  private struct Answer {
    var upper: Double
    var reason: OpenReason?
    var solvedClasses = 0
    var nodes = 0
  }

  private mutating func run<Solver: LinearProgramSolver & ~Copyable>(
    by solver: Solver.Type
  ) throws(VerificationError) -> MarginBracket {
    let classes = (0..<network.outputCount).filter { $0 != label }
    var watch = Stopwatch()
    var incumbent = try firstWitness()
    profile.attack += watch.lap()
    var bounds = RegionBounds(of: network, over: region.outer)
    let deadline = deadline
    bounds.refine(mayContinue: { !deadline.hasPassed })
    let mayTakeLonger = !deadline.hasPassed || RegionBounds.areQuick(rows: classes.count, of: network)
    let uppers = bounds.upperBounds(
      of: .margins(of: classes, label: label, outputs: network.outputCount), by: mayTakeLonger ? .crown : .ibp)
    profile.bounds += watch.lap()
    try refuseContradiction(incumbent, classes: classes, uppers: uppers, source: "sound bounds")

    var open = zip(classes, uppers).map { OpenClass(index: $0, upper: $1) }.filter { $0.upper > incumbent.margin }
    open.sort { ($0.upper, $1.index) > ($1.upper, $0.index) }
    var total = Answer(upper: incumbent.margin)
    for target in open {
      // No more than the tolerance above the incumbent: nothing is left to search for.
      guard target.upper > incumbent.margin + settings.tolerance(at: incumbent.margin) / 2 else {
        total.upper = max(total.upper, target.upper)
        continue
      }
      let answer = try close(target, bounds, incumbent: &incumbent, by: solver)
      total.upper = max(total.upper, answer.upper)
      total.reason = answer.reason ?? total.reason
      total.solvedClasses += 1
      total.nodes += answer.nodes
    }
    return bracket(incumbent, total, unstable: bounds.unstableCount)
  }

  /// The bracket that ends a computation.
  private func bracket(_ incumbent: Witness, _ answer: Answer, unstable: Int) -> MarginBracket {
    let upper = max(answer.upper, incumbent.margin)
    let isClosed = upper - incumbent.margin <= settings.tolerance(at: incumbent.margin)
    return MarginBracket(
      lower: incumbent, upper: upper, openReason: isClosed ? nil : answer.reason ?? .tolerance, unstable: unstable,
      solvedClasses: answer.solvedClasses, nodes: answer.nodes, profile: profile, seconds: deadline.elapsed)
  }

  /// Proves that a class cannot beat the incumbent, or raises the incumbent to what it reaches.
  private mutating func close<Solver: LinearProgramSolver & ~Copyable>(
    _ target: OpenClass, _ bounds: RegionBounds, incumbent: inout Witness, by solver: Solver.Type
  ) throws(VerificationError) -> Answer {
    guard !deadline.hasPassed else { return Answer(upper: target.upper, reason: .timeLimit) }
    guard network.isPiecewiseLinear else { return Answer(upper: target.upper, reason: .smoothActivations) }
    switch settings.engine {
    case .bab:
      return try search(target, bounds, incumbent: &incumbent, by: solver)
    case .milp:
      _ = solve(target, bounds, incumbent: &incumbent)
      return try search(target, bounds, incumbent: &incumbent, by: solver)
    case .both:
      var alone = incumbent
      let answer = try search(target, bounds, incumbent: &incumbent, by: solver)
      let opinion = solve(target, bounds, incumbent: &alone)
      if alone.margin > incumbent.margin { incumbent = alone }
      try refuseContradiction(alone, classes: [target.index], uppers: [answer.upper], source: "the search")
      profile.add(opinion)
      if let opinion { try refuseDisagreement(opinion, on: target.index, incumbent, upper: answer.upper) }
      return answer
    }
  }

  /// Refuses to go on where CBC's word on a class excludes what is proved. Within the tolerance, both are right.
  private func refuseDisagreement(
    _ opinion: SecondOpinion, on target: Int, _ incumbent: Witness, upper: Double
  ) throws(VerificationError) {
    let attained = replay.margin(of: target, at: incumbent.input) ?? -.infinity
    if let claimed = opinion.refuted(attained: attained, proved: upper, tolerance: settings.tolerance(at: attained)) {
      throw .disagreement(
        Disagreement(
          class: target, attained: attained, input: incumbent.input, claimed: claimed, upper: upper,
          program: opinion.program))
    }
  }

  /// Branch-and-bound with safe bounds.
  private mutating func search<Solver: LinearProgramSolver & ~Copyable>(
    _ target: OpenClass, _ bounds: RegionBounds, incumbent: inout Witness, by solver: Solver.Type
  ) throws(VerificationError) -> Answer {
    var watch = Stopwatch()
    defer { profile.search += watch.lap() }
    let (deadline, replay, inner, settings) = (deadline, replay, region.inner, settings)
    var best = incumbent
    let request = PhaseSearchRequest(
      incumbent: incumbent.margin, tolerance: { settings.tolerance(at: $0) / 2 },
      remaining: { deadline.remaining },
      offer: { input in
        if let witness = replay.confirm(inner.clamp(input)), witness.margin > best.margin { best = witness }
        return best.margin
      })
    var search = PhaseSearch<Solver>(margin(of: target.index), others: incumbent.input, request)
    let outcome = search.run(bounds, upper: target.upper)
    profile.add(outcome)
    incumbent = best
    try refuseContradiction(incumbent, classes: [target.index], uppers: [outcome.upper], source: "the search")
    return Answer(upper: outcome.upper, reason: OpenReason(outcome), nodes: outcome.nodes)
  }

  /// CBC on the big-M program: raises the incumbent where what it finds is better.
  ///
  /// - Returns: CBC's opinion on the margin's largest value; nil if it has none.
  private mutating func solve(
    _ target: OpenClass, _ bounds: RegionBounds, incumbent: inout Witness
  ) -> SecondOpinion? {
    let deadline = deadline
    guard
      let folded = RegionNetwork(bounds, objectives: margin(of: target.index), mayContinue: { !deadline.hasPassed })
    else { return nil }
    var watch = Stopwatch()
    let encoding = BigMEncoding(folded, objective: 0)
    let outcome = mixedInteger.maximise(
      encoding.program,
      MixedIntegerRequest(
        seconds: deadline.remaining, cutoff: incumbent.margin - encoding.objectiveConstant,
        start: encoding.columns(for: incumbent.input)))
    // Nobody waits longer than the whole call takes, and not for less than nothing.
    let seconds = watch.lap()
    let waited = outcome.waitedSeconds > 0 ? min(outcome.waitedSeconds, seconds) : 0
    self.deadline.discount(waited)
    profile.milp += seconds - waited
    if let candidate = outcome.candidate, candidate.count == encoding.program.columnCount {
      let input = encoding.input(from: candidate, others: incumbent.input, within: region.inner)
      if let witness = replay.confirm(input), witness.margin > incumbent.margin { incumbent = witness }
    }
    return SecondOpinion(outcome, on: encoding)
  }

  private func margin(of target: Int) -> LinearRows {
    .margins(of: [target], label: label, outputs: network.outputCount)
  }

  /// The best replayed input of an attack on the largest margin, or else the region's centre.
  private mutating func firstWitness() throws(VerificationError) -> Witness {
    let deadline = deadline
    let points = PGD(settings.attack).attack(
      network, over: region, label: label, losses: [.margin], using: &stream, mayContinue: { !deadline.hasPassed })
    let witnesses = (points.map(\.input) + [region.inner.centre]).compactMap { replay.confirm($0) }
    guard let best = witnesses.max(by: { $0.margin < $1.margin }) else { throw .overflow }
    return best
  }

  private func refuseContradiction(
    _ witness: Witness, classes: [Int], uppers: [Double], source: String
  ) throws(VerificationError) {
    for (target, upper) in zip(classes, uppers) where target == witness.adversarialClass && witness.margin > upper {
      throw .contradiction(class: target, witness: witness.margin, upper: upper, source: source)
    }
  }
}
