import Intervals
import MathematicalPrograms
import TestSupport
import Testing

@testable import BranchAndBound

/// The search judged by counting all linear pieces in exact arithmetic: a thousand networks.
@Suite struct ExhaustiveSearchTests {
  private static let chunk = 25

  @Test(arguments: 0..<40) func `the bracket holds the exact maximum and closes around it`(_ chunk: Int) throws {
    for number in chunk * Self.chunk..<(chunk + 1) * Self.chunk {
      let question = try PlanarQuestion(number)
      // Every other group of kinds from boxes of interval propagation alone, which leave more units unstable.
      let isRefined = (number / RandomNetworks.Planar.allCases.count).isMultiple(of: 2)
      let answer = question.search(by: ClpSolver.self, refined: isRefined)
      let (outcome, maximum) = (answer.outcome, question.maximum.nearest)
      let what: Comment = "network \(number) (\(question.kind)): [\(answer.lower), \(outcome.upper)], \(maximum)"
      let holds = question.isInside(answer)
      #expect(holds, what)
      #expect(answer.offersAreInside, what)
      if question.kind.isTame { #expect(outcome.stop == .finished, what) }
      if outcome.stop == .finished { #expect(outcome.upper - answer.lower <= 1e-6 * max(1, abs(maximum)), what) }
    }
  }
}
