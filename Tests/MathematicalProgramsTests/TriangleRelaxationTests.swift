import Bounds
import Intervals
import Networks
import RegionNetworks
import TestSupport
import Testing

@testable import MathematicalPrograms

@Suite struct TriangleRelaxationTests {
  /// Every point of the region is a point of the program, and the objective is what the network says: exactly.
  @Test(arguments: 0..<64) func `points of the region keep to all rows, cuts too`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(4000 + seed))
    let question = try RelaxedQuestion(number: seed, &random)
    try check(question, &random)
  }

  /// A cut may name an input that no row does: its terms have no column to stand on, and still count.
  @Test(arguments: 0..<40) func `cuts hold on inputs that no row names`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(5000 + seed))
    let question = try RelaxedQuestion(.cancelling, &random)
    #expect(!question.region.inputElements(ofObjective: 0).contains(1))
    try check(question, &random)
  }

  private func check(_ question: RelaxedQuestion, _ random: inout RandomNetworks) throws {
    var relaxation = TriangleRelaxation(question.region, objective: 0, penalty: 16)
    let cuts = IdealCuts(question.region)
    for _ in 0..<10 {
      let (input, outputs) = question.nonsense(&random)
      for cut in cuts.violated(input: input, outputs: outputs, units: Array(question.region.units.indices)) {
        relaxation.add(cut)
      }
    }
    let objective = question.region.objectives[0]
    for _ in 0..<8 {
      let point = ExactPoint(random.point(in: question.region.input), in: question.network)
      let columns = point.columns(of: relaxation, question.region, question.network)
      #expect(relaxation.program.violations(at: columns) == [])
      let logits = point.values[question.network.output.index]
      let distance =
        relaxation.program.exactObjective(at: columns) + exact(relaxation.objectiveConstant) - (logits[1] - logits[0])
      #expect(max(distance, .zero - distance) <= exact(objective.error))
    }
  }
}
