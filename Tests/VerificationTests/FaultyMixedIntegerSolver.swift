import MathematicalPrograms
import Synchronization
import TestSupport

/// Ways in which a solver of mixed-integer programs can be wrong.
enum MixedIntegerLie: CaseIterable, Sendable {
  /// Less or more than the optimum, with or without a solution to show for it.
  case claimBelow, claimBelowWithoutCandidate, claimAbove, claimFarBelow, claimFarAbove
  /// The word that nothing beats the cutoff.
  case infeasible
  /// Bounds that are no numbers.
  case claimNotNumber, claimInfinite, claimMinusInfinite
  /// Solutions that are none, or no numbers, or of another length.
  case candidateTooGood, candidateMoved, candidateFarAway, candidateNotNumbers, someCandidateNotNumbers,
    candidateInfinite
  case candidateShort, candidateLong, candidateEmpty, candidateMissing
  /// The wrong word on how it ended.
  case failed, timeLimit, timeLimitWithoutBound, alwaysFinished
  /// Waiting times that cannot be.
  case waitedNotNumber, waitedForever, waitedBackwards
  /// Another of them with every answer.
  case anything
}

/// Who tells the lies of one test, and how often that happened.
final class MixedIntegerLiar: Sendable {
  /// The one whose lies a ``FaultyMixedIntegerSolver`` tells.
  @TaskLocal static var current = MixedIntegerLiar(.failed, seed: 0)

  let lie: MixedIntegerLie
  private let state: Mutex<(random: RandomNetworks, told: Int)>

  init(_ lie: MixedIntegerLie, seed: Int) {
    self.lie = lie
    state = Mutex((RandomNetworks(seed: UInt64(seed)), 0))
  }

  /// How often a lie was told.
  var told: Int { state.withLock(\.told) }

  /// Tells one more.
  func tell(_ lie: (MixedIntegerLie, inout RandomNetworks) -> MixedIntegerOutcome) -> MixedIntegerOutcome {
    state.withLock { state in
      state.told += 1
      let kinds = MixedIntegerLie.allCases.filter { $0 != .anything }
      return lie(self.lie == .anything ? kinds[state.random.index(0...kinds.count - 1)] : self.lie, &state.random)
    }
  }
}

/// CBC, and a lie on top of what it says.
enum FaultyMixedIntegerSolver: MixedIntegerSolver {
  /// By how much a wrong optimum is wrong: beyond all tolerances.
  private static let distance = 1e-3

  static func maximise(_ program: LinearProgram, _ request: MixedIntegerRequest) -> MixedIntegerOutcome {
    let truth = CBCSolver.maximise(program, request)
    return MixedIntegerLiar.current.tell { distort(truth, program, request, by: $0, &$1) }
  }

  private static func distort(
    _ truth: MixedIntegerOutcome, _ program: LinearProgram, _ request: MixedIntegerRequest, by lie: MixedIntegerLie,
    _ random: inout RandomNetworks
  ) -> MixedIntegerOutcome {
    let size = max(1, truth.dualBound.magnitude)
    func claiming(_ bound: Double, candidate: [Double]? = truth.candidate) -> MixedIntegerOutcome {
      MixedIntegerOutcome(dualBound: bound, candidate: candidate, stop: .finished, nodes: truth.nodes)
    }
    func showing(_ candidate: [Double]?) -> MixedIntegerOutcome {
      MixedIntegerOutcome(
        dualBound: truth.dualBound, candidate: candidate, stop: truth.stop, nodes: truth.nodes)
    }
    func ending(_ stop: MixedIntegerStop, bound: Double) -> MixedIntegerOutcome {
      MixedIntegerOutcome(dualBound: bound, candidate: truth.candidate, stop: stop, nodes: truth.nodes)
    }
    func waiting(_ seconds: Double) -> MixedIntegerOutcome {
      var outcome = truth
      outcome.waitedSeconds = seconds
      return outcome
    }
    let point = zip(program.columnLower, program.columnUpper).map { random.uniform($0, $1) }
    let wrong = [Double.nan, .infinity, -.infinity]
    switch lie {
    case .claimBelow: return claiming(truth.dualBound - distance * size)
    case .claimBelowWithoutCandidate: return claiming(truth.dualBound - distance * size, candidate: nil)
    case .claimAbove: return claiming(truth.dualBound + distance * size)
    case .claimFarBelow: return claiming(-1e30)
    case .claimFarAbove: return claiming(1e30)
    case .infeasible: return claiming(request.cutoff ?? -.infinity, candidate: nil)
    case .claimNotNumber: return claiming(.nan)
    case .claimInfinite: return claiming(.infinity)
    case .claimMinusInfinite: return claiming(-.infinity)
    case .candidateTooGood:
      return showing(
        program.objective.indices.map { program.objective[$0] > 0 ? program.columnUpper[$0] : program.columnLower[$0] })
    case .candidateMoved: return showing(point)
    case .candidateFarAway: return showing(point.map { _ in 1e6 * random.weight() })
    case .candidateNotNumbers: return showing(point.map { _ in .nan })
    case .someCandidateNotNumbers:
      return showing(point.map { random.index(0...2) == 0 ? wrong[random.index(0...2)] : $0 })
    case .candidateInfinite: return showing(point.map { $0 < 0.5 ? -.infinity : .infinity })
    case .candidateShort: return showing(Array(point.dropLast()))
    case .candidateLong: return showing(point + [0])
    case .candidateEmpty: return showing([])
    case .candidateMissing: return showing(nil)
    case .failed: return ending(.failed, bound: truth.dualBound)
    case .timeLimit: return ending(.timeLimit, bound: truth.dualBound - distance * size)
    case .timeLimitWithoutBound: return ending(.timeLimit, bound: .infinity)
    case .alwaysFinished: return ending(.finished, bound: random.weight())
    case .waitedNotNumber: return waiting(.nan)
    case .waitedForever: return waiting(.infinity)
    case .waitedBackwards: return waiting(-1e30)
    case .anything: return truth
    }
  }
}
