import MathematicalPrograms
import Synchronization
import TestSupport

/// What a ``MixedIntegerStub`` says.
enum MixedIntegerAnswer: CaseIterable, Sendable {
  /// What CBC says.
  case truth
  /// That nothing is above the cutoff, or that everything is.
  case infeasible, unbounded
  /// Solutions that are none: no numbers, outside of all ranges, somewhere within, of another length.
  case notNumbers, someNotNumbers, infinite, farAway, moved, short, long, empty
  /// That it failed, or that its time was up, with nothing to show.
  case failure, nothing
}

/// Who answers in one test, and what it was asked.
final class MixedIntegerOracle: Sendable {
  /// The one that ``MixedIntegerStub`` answers by.
  @TaskLocal static var current = MixedIntegerOracle(.failure)

  let answer: MixedIntegerAnswer
  private let state: Mutex<(random: RandomNetworks, requests: [MixedIntegerRequest])>

  init(_ answer: MixedIntegerAnswer, seed: Int = 0) {
    self.answer = answer
    state = Mutex((RandomNetworks(seed: UInt64(seed)), []))
  }

  /// What was asked so far.
  var requests: [MixedIntegerRequest] { state.withLock(\.requests) }

  /// Takes a request down; the random numbers that its answer may use.
  func take<Answer: Sendable>(_ request: MixedIntegerRequest, _ answer: (inout RandomNetworks) -> Answer) -> Answer {
    state.withLock {
      $0.requests.append(request)
      return answer(&$0.random)
    }
  }
}

/// A solver that says what the test at hand wants.
enum MixedIntegerStub: MixedIntegerSolver {
  static func maximise(_ program: LinearProgram, _ request: MixedIntegerRequest) -> MixedIntegerOutcome {
    let oracle = MixedIntegerOracle.current
    return oracle.take(request) { answer(oracle.answer, program, request, &$0) }
  }

  private static func answer(
    _ kind: MixedIntegerAnswer, _ program: LinearProgram, _ request: MixedIntegerRequest,
    _ random: inout RandomNetworks
  ) -> MixedIntegerOutcome {
    func showing(_ candidate: [Double]?, bound: Double = 1) -> MixedIntegerOutcome {
      MixedIntegerOutcome(dualBound: bound, candidate: candidate, stop: .finished, nodes: 1)
    }
    let point = zip(program.columnLower, program.columnUpper).map { random.uniform($0, $1) }
    let wrong = [Double.nan, .infinity, -.infinity]
    switch kind {
    case .truth: return CBCSolver.maximise(program, request)
    case .infeasible: return showing(nil, bound: request.cutoff ?? -.infinity)
    case .unbounded: return showing(nil, bound: .infinity)
    case .notNumbers: return showing(point.map { _ in .nan })
    case .someNotNumbers: return showing(point.map { random.index(0...1) == 0 ? wrong[random.index(0...2)] : $0 })
    case .infinite: return showing(point.map { $0 < 0.5 ? -.infinity : .infinity })
    case .farAway: return showing(point.map { _ in 1e6 * random.weight() })
    case .moved: return showing(point)
    case .short: return showing(Array(point.dropLast()))
    case .long: return showing(point + [0])
    case .empty: return showing([])
    case .failure: return MixedIntegerOutcome(dualBound: .nan, candidate: point, stop: .failed, nodes: -1)
    case .nothing: return MixedIntegerOutcome(dualBound: .infinity, candidate: nil, stop: .timeLimit, nodes: 0)
    }
  }
}
