import Networks
import TestSupport
import Testing

@testable import BranchAndBound

/// What a search over phases tries on the whole region besides its branches.
@Suite struct ActivationSplittingTests {
  private static let ranges: ActivationSplitting.Stage = .ranges(operations: 5_000_000)
  private static let begunAnew: [ViolationSearch.Stage] = [(0, ranges)]
  private static let several: [ViolationSearch.Stage] = [
    (1, ranges), (1, .programs(3, share: 0.5)), (2, ranges), (2, .programs(60, share: 0.5)), (0, ranges),
  ]

  @Test func `verdicts agree with the exact maximum, however often a search begins anew`() throws {
    var begunAnew = 0
    for number in 0..<90 {
      let question = try PlanarQuestion(number)
      guard question.kind.isTame else { continue }
      for isViolated in [false, true] {
        let violations = try question.nearly(isViolated)
        // From ranges that leave something to gain.
        let answers = [[], Self.begunAnew, Self.several].map {
          ViolationSearch(stages: $0, isRefined: false).answer(to: violations, over: question.box)
        }
        for answer in answers {
          #expect(answer.outcome.stop == (isViolated ? .found : .finished), "network \(number), \(isViolated)")
          #expect(answer.offersAreInside, "network \(number)")
        }
        // What was looked for in the ranges counts as parts.
        begunAnew += answers[1].outcome.nodes == answers[0].outcome.nodes ? 0 : 1
      }
    }
    #expect(begunAnew > 10)
  }

  @Test func `one thread and two take the same parts, beginning anew`() throws {
    for number in 0..<12 {
      var random = RandomNetworks(seed: 0x4A17 &+ UInt64(number))
      let network = try random.dense([5, 12, 12, 12, 2])
      let box = random.box(5, radius: 0.5)
      let answers = [1, 2].map { threads in
        ViolationSearch(threads: threads, stages: Self.several)
          .answer(to: ViolationQuestion(network: network, conjunctions: [[0, 1], [1]]), over: box).outcome
      }
      #expect(answers[0].stop == answers[1].stop && answers[0].nodes == answers[1].nodes, "network \(number)")
      #expect(answers[0].upper == answers[1].upper, "network \(number)")
    }
  }
}
