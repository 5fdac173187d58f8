import Attacks
import Bounds
import BranchAndBound
import MathematicalPrograms
import Networks
import RegionNetworks
import Tensors

/// What closes a class that sound bounds leave open.
public enum ExactEngine: String, Codable, Sendable, CaseIterable {
  /// The search for as long as it has hopes, CBC for what it leaves open.
  case auto
  /// Branch-and-bound over phases with safe linear-programming bounds, alone.
  case search
  /// CBC alone; its word is believed, with an allowance for its tolerances.
  case milp
}

/// How the exact worst-case margin is computed.
public struct ExactSettings: Codable, Hashable, Sendable {
  /// Wall-clock seconds for one sample.
  public var timeout: Double
  /// The bracket counts as closed when its ends differ by no more than this, in units of the outputs.
  public var tolerance: Double
  /// What closes classes.
  public var engine: ExactEngine
  /// With `auto`, the linear programs that the search may solve for one class before CBC takes over. Where the search
  /// wins it needs a few hundred; beyond a thousand the relaxation is too weak for the tree to end soon.
  public var searchNodes: Int
  /// The attack that finds the first witness.
  public var attack: PGDSettings
  /// The seed of its random starts.
  public var seed: UInt64

  /// The given settings.
  public init(
    timeout: Double = 200, tolerance: Double = 1e-6, engine: ExactEngine = .auto, searchNodes: Int = 1000,
    attack: PGDSettings = PGDSettings(steps: 10, restarts: 1, step: 0.5, milestones: [0.5, 0.75]),
    seed: UInt64 = 1
  ) {
    self.timeout = timeout
    self.tolerance = tolerance
    self.engine = engine
    self.searchNodes = searchNodes
    self.attack = attack
    self.seed = seed
  }
}

/// The exact worst-case margin of one sample, as a bracket.
///
/// Attack first: the best replayed input is the incumbent. Classes whose sound bound is no larger are closed without a
/// solver. For each of the others the region network's mixed-integer program is asked for anything better than the
/// incumbent; what it finds is replayed, what it excludes becomes the upper end.
/// - Source: Tjeng et al. 2019, with the folding and the order of work of the architecture, section 6.
public struct ExactMargin {
  private let network: Network
  private let region: Region
  private let label: Int
  private let settings: ExactSettings
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
    var search = ExactMargin(network: network, region: region, label: label, sample: sample, settings: settings)
    return try search.run()
  }

  private init(network: Network, region: Region, label: Int, sample: Int, settings: ExactSettings) {
    self.network = network
    self.region = region
    self.label = label
    self.settings = settings
    replay = Replay(network: network, region: region, label: label)
    deadline = Deadline(seconds: settings.timeout)
    stream = RandomStream(seed: settings.seed, purpose: "exact margin attack", index: sample)
  }

  /// One class that could still beat the incumbent.
  private struct OpenClass {
    let index: Int
    var upper: Double
  }

  private mutating func run() throws(VerificationError) -> MarginBracket {
    let classes = (0..<network.outputCount).filter { $0 != label }
    var watch = Stopwatch()
    var bounds = RegionBounds(of: network, over: region.outer)
    bounds.refine()
    let uppers = bounds.upperBounds(of: .margins(of: classes, label: label, outputs: network.outputCount), by: .crown)
    profile.bounds += watch.lap()
    var incumbent = try firstWitness()
    profile.attack += watch.lap()
    try refuseContradiction(incumbent, classes: classes, uppers: uppers, source: "sound bounds")

    var open = zip(classes, uppers).map { OpenClass(index: $0, upper: $1) }.filter { $0.upper > incumbent.margin }
    open.sort { ($0.upper, $1.index) > ($1.upper, $0.index) }
    guard !open.isEmpty else { return bracket(incumbent, upper: incumbent.margin, bounds: bounds) }
    guard network.isPiecewiseLinear else {
      return bracket(incumbent, upper: open[0].upper, bounds: bounds, reason: .smoothActivations)
    }
    guard
      let folded = RegionNetwork(
        bounds, objectives: .margins(of: open.map(\.index), label: label, outputs: network.outputCount))
    else { return bracket(incumbent, upper: open[0].upper, bounds: bounds, reason: .overflow) }
    profile.folding += watch.lap()

    var upper = incumbent.margin
    var reason: MarginBracket.OpenReason?
    var evidence = MarginBracket.Evidence.soundBounds
    var solved = 0
    var nodes = 0
    for (objective, target) in open.enumerated() where target.upper > incumbent.margin {
      let answer = try close(target, objective: objective, of: folded, bounds: bounds, incumbent: &incumbent)
      upper = max(upper, answer.upper)
      reason = answer.reason ?? reason
      if answer.evidence == .solver { evidence = .solver }
      solved += 1
      nodes += answer.nodes
    }
    return bracket(
      incumbent, upper: upper, bounds: bounds, reason: reason, evidence: evidence, solved: solved, nodes: nodes)
  }

  /// The bracket that ends a computation.
  private func bracket(
    _ incumbent: Witness, upper: Double, bounds: RegionBounds, reason: MarginBracket.OpenReason? = nil,
    evidence: MarginBracket.Evidence = .soundBounds, solved: Int = 0, nodes: Int = 0
  ) -> MarginBracket {
    let upper = max(upper, incumbent.margin)
    let isClosed = upper - incumbent.margin <= settings.tolerance
    return MarginBracket(
      lower: incumbent, upper: upper, openReason: isClosed ? nil : reason ?? .tolerance, evidence: evidence,
      unstable: bounds.unstableCount, solvedClasses: solved, nodes: nodes, profile: profile,
      seconds: deadline.elapsed)
  }

  /// What became of one class.
  private struct Answer {
    var upper: Double
    var reason: MarginBracket.OpenReason?
    var evidence = MarginBracket.Evidence.soundBounds
    var nodes = 0
  }

  /// Proves that a class cannot beat the incumbent, or raises the incumbent to what it reaches.
  private mutating func close(
    _ target: OpenClass, objective: Int, of folded: RegionNetwork, bounds: RegionBounds, incumbent: inout Witness
  ) throws(VerificationError) -> Answer {
    guard !deadline.hasPassed else { return Answer(upper: target.upper, reason: .timeLimit) }
    let encoding = BigMEncoding(folded, objective: objective)
    let ascent = PatternAscent(encoding: encoding, region: folded, replay: replay)

    var answer = Answer(upper: target.upper, reason: .solverFailed)
    if settings.engine != .milp {
      answer = search(target, objective: objective, of: folded, bounds: bounds, ascent: ascent, incumbent: &incumbent)
      try refuseContradiction(incumbent, classes: [target.index], uppers: [answer.upper], source: "the search")
    }
    if settings.engine == .milp || (settings.engine == .auto && answer.reason != nil && !deadline.hasPassed) {
      let word = solve(target, encoding: encoding, ascent: ascent, incumbent: &incumbent)
      try refuseContradiction(incumbent, classes: [target.index], uppers: [word.upper], source: "CBC")
      if word.upper < answer.upper {
        answer.upper = word.upper
        answer.evidence = .solver
      }
      answer.reason = word.reason
      answer.nodes += word.nodes
    }
    return answer
  }

  /// Branch-and-bound with safe bounds.
  private mutating func search(
    _ target: OpenClass, objective: Int, of folded: RegionNetwork, bounds: RegionBounds, ascent: PatternAscent, incumbent: inout Witness
  ) -> Answer {
    let (deadline, replay, region) = (deadline, replay, region)
    var watch = Stopwatch()
    defer { profile.search += watch.lap() }
    var best = incumbent
    let request = PhaseSearchRequest(
      incumbent: incumbent.margin, tolerance: settings.tolerance / 2,
      nodeLimit: settings.engine == .auto ? settings.searchNodes : .max,
      remaining: { deadline.remaining },
      offer: { input in
        if let witness = replay.confirm(region.inner.clamp(input)), witness.margin > best.margin { best = witness }
        return best.margin
      })
    var search = PhaseSearch<ClpSolver>(
      .margins(of: [target.index], label: label, outputs: network.outputCount), others: incumbent.input, request)
    let outcome = search.run(bounds, upper: target.upper)
    profile.iterations += outcome.iterations
    profile.cuts += outcome.cuts
    incumbent = best
    let reason: MarginBracket.OpenReason? =
      switch outcome.stop {
      case .finished: nil
      case .timeLimit, .nodeLimit: .timeLimit
      case .numerical: .solverFailed
      }
    return Answer(upper: outcome.upper, reason: reason, evidence: .soundBounds, nodes: outcome.nodes)
  }

  /// CBC on the big-M program.
  private mutating func solve(
    _ target: OpenClass, encoding: BigMEncoding, ascent: PatternAscent, incumbent: inout Witness
  ) -> Answer {
    let offset = encoding.objectiveConstant
    var watch = Stopwatch()
    defer { profile.milp += watch.lap() }
    let outcome = CBCSolver.maximise(
      encoding.program,
      CBCSolver.Request(
        seconds: deadline.remaining, cutoff: incumbent.margin - offset, start: encoding.columns(for: incumbent.input)))
    deadline.discount(outcome.waitedSeconds)
    if let candidate = outcome.candidate {
      let input = encoding.input(from: candidate, others: incumbent.input, within: region.inner)
      if let witness = replay.confirm(input) {
        let polished = ascent.climb(from: witness, deadline: deadline)
        if polished.margin > incumbent.margin { incumbent = polished }
      }
    }
    let upper = min(target.upper, ((outcome.dualBound + offset).nextUp + encoding.objectiveError).nextUp)
    let reason: MarginBracket.OpenReason? =
      switch outcome.stop {
      case .finished: nil
      case .timeLimit: .timeLimit
      case .failed: .solverFailed
      }
    return Answer(upper: upper, reason: reason, evidence: .solver, nodes: outcome.nodes)
  }

  /// The best replayed input of an attack on the largest margin and on the cross-entropy.
  private mutating func firstWitness() throws(VerificationError) -> Witness {
    let points = PGD(settings.attack).attack(
      network, over: region, label: label, losses: [.margin, .crossEntropy], using: &stream)
    let witnesses = points.compactMap { replay.confirm($0.input) }
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
