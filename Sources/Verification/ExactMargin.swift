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
/// what it finds is replayed, what it excludes becomes the upper end. Where that takes long, bounds come down by steps
/// (`ExactMargin+Classes.swift`).
/// - Source: Tjeng et al. 2019 for the order of work; `PhaseSearch` for the search.
public struct ExactMargin {
  let network: Network
  let region: Region
  let label: Int
  let settings: ExactSettings
  let mixedInteger: any MixedIntegerSolver.Type
  /// How many linear programs a search of the first round may take.
  ///
  /// Nearly all samples of networks that can be closed at all need no second round.
  let firstRound: Int
  let replay: Replay
  var deadline: Deadline
  private var stream: RandomStream
  var profile = ExactProfile()

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

  /// The same by given solvers, whatever they say, with so many linear programs for each class in the first round.
  static func bracket<Solver: LinearProgramSolver & ~Copyable>(
    of network: Network, over region: Region, label: Int, sample: Int = 0, settings: ExactSettings,
    solvers: Solver.Type, _ mixedInteger: any MixedIntegerSolver.Type, firstRound: Int = 1_000
  ) throws(VerificationError) -> MarginBracket {
    var search = ExactMargin(
      network: network, region: region, label: label, settings: settings, mixedInteger: mixedInteger,
      firstRound: firstRound, replay: Replay(network: network, region: region, label: label),
      deadline: Deadline(seconds: settings.timeout),
      stream: RandomStream(seed: settings.seed, purpose: "exact margin attack", index: sample))
    return try search.run(by: solvers)
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

    let open = zip(classes, uppers).map { OpenClass(index: $0, upper: $1) }.filter { $0.upper > incumbent.margin }
    let searched = try close(open, bounds, incumbent: &incumbent, by: solver)
    return bracket(incumbent, searched, unstable: bounds.unstableCount)
  }

  /// The bracket that ends a computation.
  private func bracket(_ incumbent: Witness, _ classes: [OpenClass], unstable: Int) -> MarginBracket {
    let upper = classes.reduce(incumbent.margin) { max($0, $1.upper) }
    let isClosed = upper - incumbent.margin <= settings.tolerance(at: incumbent.margin)
    let highest = classes.filter { $0.reason != nil }.max { $0.upper < $1.upper }
    return MarginBracket(
      lower: incumbent, upper: upper, openReason: isClosed ? nil : highest?.reason ?? .tolerance, unstable: unstable,
      solvedClasses: classes.count { $0.start != nil }, nodes: classes.reduce(0) { $0 + $1.nodes }, profile: profile,
      seconds: deadline.elapsed)
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

  func refuseContradiction(
    _ witness: Witness, classes: [Int], uppers: [Double], source: String
  ) throws(VerificationError) {
    for (target, upper) in zip(classes, uppers) where target == witness.adversarialClass && witness.margin > upper {
      throw .contradiction(class: target, witness: witness.margin, upper: upper, source: source)
    }
  }
}
