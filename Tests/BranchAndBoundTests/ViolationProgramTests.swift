import Networks
import TestSupport
import Tensors
import Testing

@testable import BranchAndBound

/// Mixed-integer programs as finders of counterexamples: what they find is replayed, and what they say is not believed.
@Suite struct ViolationProgramTests {
  /// Asked before anything is split.
  private static let atOnce: [ViolationSearch.Stage] = [(0, .mixedInteger(nodes: 500, share: 0.1))]

  private static func answer(
    to question: ViolationQuestion, over box: Box, threads: Int = 1, stages: [ViolationSearch.Stage] = atOnce,
    remaining: @escaping () -> Double = { 60 }
  ) -> ViolationSearch.Answer {
    ViolationSearch(threads: threads, stages: stages, remaining: remaining).answer(to: question, over: box)
  }

  /// A spike of height 1 over a flat plain at height 0, minus a height; and x₁ − 1/4. No gradient of the plain points to
  /// the spike.
  private static func spike(minus height: Double, and isConjunction: Bool = false) throws -> ViolationQuestion {
    var builder = NetworkBuilder(inputShape: Shape(vector: 2))
    let first = LinearLayer(
      map: .dense(DenseMap(rows: 4, columns: 2, weights: [16, 0, 16, 0, 16, 0, 0, 1])), bias: [-6, -7, -8, 0])
    var last = try builder.linear(first, of: builder.input, shape: Shape(vector: 4), name: "ramps")
    last = builder.activation(.relu, of: last, name: "relu")
    let second = LinearLayer(
      map: .dense(DenseMap(rows: 2, columns: 4, weights: [1, -2, 1, 0, 0, 0, 0, 1])), bias: [-height, -0.25])
    last = try builder.linear(second, of: last, shape: Shape(vector: 2), name: "violations")
    return ViolationQuestion(
      network: builder.network(output: last), conjunctions: isConjunction ? [[0, 1]] : [[0]])
  }
  private static let square = Box(lower: [0, 0], upper: [1, 1])

  @Test(arguments: [false, true]) func `a spike that no gradient shows is found by its program`(
    _ isConjunction: Bool
  ) throws {
    for height in [0.25, 0.5, 0.9375] {
      let question = try Self.spike(minus: height, and: isConjunction)
      let answer = MixedIntegerOracle.$current.withValue(MixedIntegerOracle(.truth)) {
        Self.answer(to: question, over: Self.square)
      }
      #expect(answer.outcome.stop == .found && answer.offersAreInside, "\(height)")
      #expect(answer.outcome.mixedInteger.hasFound && answer.outcome.mixedInteger.programs == 1, "\(height)")
      #expect(answer.outcome.nodes == 1, "\(height)")
    }
  }

  @Test(arguments: MixedIntegerAnswer.allCases) func `whatever it says about a spike, the search goes on`(
    _ answer: MixedIntegerAnswer
  ) throws {
    for (height, stop) in [(0.5, ViolationOutcome.Stop.found), (1.0625, .finished)] {
      for isConjunction in [false, true] {
        let question = try Self.spike(minus: height, and: isConjunction)
        let oracle = MixedIntegerOracle(answer)
        let found = MixedIntegerOracle.$current.withValue(oracle) { Self.answer(to: question, over: Self.square) }
        #expect(found.outcome.stop == stop && found.offersAreInside, "\(height), \(isConjunction)")
        #expect(oracle.requests.count == 1)
        #expect(found.outcome.mixedInteger.programs == (answer == .failure ? 0 : 1))
      }
    }
  }

  @Test(arguments: MixedIntegerAnswer.allCases) func `verdicts agree with the exact maximum whatever it says`(
    _ answer: MixedIntegerAnswer
  ) throws {
    var asked = 0
    for number in 0..<45 {
      let question = try PlanarQuestion(number)
      guard question.kind.isTame else { continue }
      for isViolated in [false, true] {
        let violations = try question.nearly(isViolated)
        let oracle = MixedIntegerOracle(answer, seed: number)
        let found = MixedIntegerOracle.$current.withValue(oracle) {
          Self.answer(to: violations, over: question.box)
        }
        asked += oracle.requests.count
        #expect(found.outcome.stop == (isViolated ? .found : .finished), "network \(number), \(isViolated)")
        #expect(found.offersAreInside, "network \(number)")
      }
    }
    #expect(asked > 10)
  }

  @Test func `one thread and two find the same`() throws {
    var asked = 0
    for number in 0..<24 {
      var random = RandomNetworks(seed: 0x3117 &+ UInt64(number))
      let network = try random.dense([5, 12, 12, 2])
      let box = random.box(5, radius: 0.5)
      let answers = [1, 2, 2].map { threads in
        MixedIntegerOracle.$current.withValue(MixedIntegerOracle(.truth)) {
          Self.answer(
            to: ViolationQuestion(network: network, conjunctions: [[0, 1], [1]]), over: box, threads: threads,
            stages: [(0, .mixedInteger(nodes: 3, share: 0.5)), (10, .mixedInteger(nodes: 20, share: 0.5))])
        }.outcome
      }
      asked += answers[0].mixedInteger.programs
      for answer in answers.dropFirst() {
        #expect(answer.stop == answers[0].stop && answer.nodes == answers[0].nodes, "network \(number)")
        #expect(answer.upper == answers[0].upper, "network \(number)")
        #expect(answer.mixedInteger.programs == answers[0].mixedInteger.programs, "network \(number)")
        #expect(answer.mixedInteger.hasFound == answers[0].mixedInteger.hasFound, "network \(number)")
      }
    }
    #expect(asked >= 3)
  }

  @Test func `it has its share of the time, and none where that is next to nothing`() throws {
    let question = try Self.spike(minus: 1.0625)
    for (seconds, share) in [(60.0, 6.0), (1e9, 300), (.infinity, 300), (1, nil)] as [(Double, Double?)] {
      let oracle = MixedIntegerOracle(.nothing)
      let answer = MixedIntegerOracle.$current.withValue(oracle) {
        Self.answer(to: question, over: Self.square, remaining: { seconds })
      }
      #expect(answer.outcome.stop == .finished)
      #expect(oracle.requests.count == (share == nil ? 0 : 1), "\(seconds)")
      for request in oracle.requests { #expect(request.seconds <= (share ?? 0) + 1e-9, "\(seconds)") }
      for request in oracle.requests { #expect(request.nodeLimit == 500 && request.solutionLimit == 1) }
    }
  }
}
