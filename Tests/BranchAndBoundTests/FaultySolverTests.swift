import Intervals
import MathematicalPrograms
import TestSupport
import Testing

@testable import BranchAndBound

/// Whatever a solver says, the bracket holds: brackets around exact maxima, by solvers that lie.
@Suite struct FaultySolverTests {
  /// Questions of all kinds.
  private static let questions: Result<[(number: Int, question: PlanarQuestion)], any Error> = Result {
    try (0..<54).map { (number: $0, question: try PlanarQuestion($0)) }
  }

  /// How often time was asked for, and when it is up.
  private final class Clock {
    var asked = 0
    let end: Int
    init(end: Int) { self.end = end }
    func remaining() -> Double {
      asked += 1
      return asked <= end ? 30 : 0
    }
  }

  /// Puts all questions to a search by a solver that lies.
  ///
  /// - Parameter end: how often the search may ask for the time before it is up.
  /// - Returns: how many lies were told.
  private static func check(_ lie: SolverLie, nodeLimit: Int, end: Int = .max) throws -> Int {
    var told = 0
    for (number, question) in try questions.get() {
      let liar = SolverLiar(lie, seed: number)
      let clock = Clock(end: end)
      let answer = SolverLiar.$current.withValue(liar) {
        question.search(
          by: FaultySolver.self, refined: number.isMultiple(of: 2), nodeLimit: nodeLimit, remaining: clock.remaining)
      }
      told += liar.told
      let outcome = answer.outcome
      let what: Comment = """
        \(lie), network \(number) (\(question.kind)): [\(answer.lower), \(outcome.upper)], \
        \(question.maximum.nearest), \(outcome.stop) after \(outcome.nodes)
        """
      let holds = question.isInside(answer)
      #expect(holds, what)
      #expect(answer.offersAreInside, what)
      #expect(outcome.nodes <= nodeLimit, what)
      switch outcome.stop {
      case .finished:
        #expect(outcome.upper <= answer.lower + 1e-6 * max(1, abs(question.maximum.nearest)), what)
      case .nodeLimit: #expect(outcome.nodes == nodeLimit, what)
      case .timeLimit: #expect(clock.asked > end, what)
      case .numerical: #expect(outcome.upper > answer.lower, what)
      }
      // Each part that is open when the time is up asks once more, and so does a climb.
      if clock.asked > end { #expect(clock.asked - end <= outcome.parts + 2, what) }
    }
    return told
  }

  @Test(arguments: SolverLie.allCases) func `brackets hold until the search ends of itself`(_ lie: SolverLie) throws {
    let told = try Self.check(lie, nodeLimit: 400)
    #expect(told > 0)
  }

  @Test(arguments: SolverLie.allCases) func `a node limit ends the search`(_ lie: SolverLie) throws {
    _ = try Self.check(lie, nodeLimit: 5)
  }

  @Test(arguments: SolverLie.allCases) func `a time limit ends the search`(_ lie: SolverLie) throws {
    _ = try Self.check(lie, nodeLimit: .max, end: 12)
  }
}
