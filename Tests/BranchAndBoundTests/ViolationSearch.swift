import Bounds
import Intervals
import Networks
import TestSupport
import Tensors

@testable import BranchAndBound

/// A search over phases for violations, judged in exact arithmetic.
struct ViolationSearch {
  typealias Stage = (branches: Int, stage: ActivationSplitting.Stage)

  /// What a search came to, and whether all that it offered lay in the box.
  struct Answer {
    var outcome: ViolationOutcome
    var offersAreInside: Bool
  }

  var threads = 1
  var stages: [Stage]
  var isRefined = true
  var remaining: () -> Double = { 60 }

  /// Searches; an offer is accepted where all rows of some conjunction are at least zero.
  func answer(to question: ViolationQuestion, over box: Box) -> Answer {
    var bounds = RegionBounds(of: question.network, over: box)
    if isRefined { bounds.refine() }
    var isInside = true
    var search = ActivationSplitting(
      question, bounds, workers: Workers(count: threads), mixedInteger: MixedIntegerStub.self, remaining: remaining,
      offer: { input in
        isInside = isInside && box.contains(input)
        let values = exactValues(of: question.network, at: input)[question.network.output.index]
        return question.conjunctions.contains { $0.allSatisfy { values[$0] >= .zero } }
      })
    search.stages = stages
    let outcome = search.run()
    return Answer(outcome: outcome, offersAreInside: isInside)
  }
}

extension PlanarQuestion {
  /// Whether the margin exceeds a threshold: a hundred-thousandth below its exact largest value, or above it.
  func nearly(_ isViolated: Bool) throws -> ViolationQuestion {
    let size = max(Rational(1), maximum < .zero ? .zero - maximum : maximum)
    let step = size * Rational(1, 100_000)
    let threshold = isViolated ? maximum - step : maximum + step
    // The margin's coefficients as a row of an unsafe set, which says that their sum is at most zero.
    let terms = (0..<3).filter { row.coefficients[$0] != 0 }.map {
      LinearRow.Term(.output($0), ExactNumber(-row.coefficients[$0]))
    }
    return ViolationQuestion(
      network: try network.violations(of: [LinearRow(terms: terms, constant: ExactNumber(threshold))]),
      conjunctions: [[0]])
  }
}
