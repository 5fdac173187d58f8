import Bounds
import Intervals
import MathematicalPrograms
import Networks
import TestSupport
import Testing

@testable import Verification

/// Whatever a mixed-integer solver says, brackets hold; and where its word excludes what is proved, nothing is reported.
@Suite struct FaultyMixedIntegerSolverTests {
  /// A margin question with its exact answer.
  private struct Question {
    let number: Int
    let kind: RandomNetworks.Planar
    let network: Network
    let region: Region
    let label: Int
    let maximum: Rational

    /// One of any kind, with two classes against the label.
    init(_ number: Int) throws {
      let kinds = RandomNetworks.Planar.allCases
      kind = kinds[number % kinds.count]
      self.number = number
      var random = RandomNetworks(seed: 0xCBC &+ UInt64(number))
      let (network, box) = try random.planar(kind)
      (self.network, region, label) = (network, Region(box: box), 2)
      let margins = ExactMaximum(of: .margins(of: [0, 1], label: 2, outputs: 3), of: network, over: box)
      maximum = try #require(margins.values.max())
    }

    /// One with a single class against the label: what is asked about it is asked about the largest margin.
    init(singleClass number: Int) throws {
      kind = .twoLayers
      self.number = number
      var random = RandomNetworks(seed: 0x51 &+ UInt64(number))
      network = try random.dense([2, 6, 6, 2])
      let box = Box(lower: [-1, -1], upper: [1, 1])
      (region, label) = (Region(box: box), 1)
      maximum = ExactMaximum(of: .margins(of: [0], label: 1, outputs: 2), of: network, over: box).values[0]
    }

    func bracket(_ engine: ExactEngine, firstRound: Int) throws(VerificationError) -> MarginBracket {
      try ExactMargin.bracket(
        of: network, over: region, label: label, sample: number, settings: ExactSettings(timeout: 30, engine: engine),
        solvers: ClpSolver.self, FaultyMixedIntegerSolver.self, firstRound: firstRound)
    }

    /// A bracket, unless the two engines disagree.
    func answer(
      _ engine: ExactEngine, by liar: MixedIntegerLiar, firstRound: Int = 1_000
    ) throws -> MarginBracket? {
      try MixedIntegerLiar.$current.withValue(liar) {
        do throws(VerificationError) {
          return try bracket(engine, firstRound: firstRound)
        } catch {
          guard case .disagreement(let disagreement) = error else { throw error }
          #expect(engine == .both, "\(error)")
          try check(disagreement)
          return nil
        }
      }
    }

    func check(_ bracket: MarginBracket, _ lie: MixedIntegerLie) throws {
      let (lower, upper) = (bracket.lower.margin, bracket.upper)
      let what: Comment = "\(lie), network \(number) (\(kind)): [\(lower), \(upper)], \(ExactNumber(maximum).nearest)"
      #expect(maximum.isInside(try #require(Interval(lower: lower, upper: upper), what)), what)
      #expect(region.inner.contains(bracket.lower.input), what)
      let truth = exactValues(of: network, at: bracket.lower.input)[network.output.index]
      #expect(exact(lower) <= truth[bracket.lower.adversarialClass] - truth[label], what)
      let size = max(1, abs(ExactNumber(maximum).nearest))
      if kind.isTame { #expect(bracket.openReason == nil && bracket.gap <= 1e-6 * size, what) }
    }

    /// What a disagreement tells of the search is true as well.
    private func check(_ disagreement: Disagreement) throws {
      #expect(region.inner.contains(disagreement.input))
      let truth = exactValues(of: network, at: disagreement.input)[network.output.index]
      #expect(exact(disagreement.attained) <= truth[disagreement.class] - truth[label])
      #expect(disagreement.attained <= disagreement.upper)
      #expect(disagreement.program.columnCount > 0)
    }
  }

  /// Lies about the optimum that the truth excludes.
  private static let refutable: [MixedIntegerLie] = [
    .claimBelow, .claimBelowWithoutCandidate, .claimFarBelow, .claimMinusInfinite, .candidateTooGood,
  ]

  private static let questions: Result<[Question], any Error> = Result { try (0..<27).map { try Question($0) } }
  private static let singles: Result<[Question], any Error> = Result {
    try (0..<24).map { try Question(singleClass: $0) }
  }

  @Test(arguments: MixedIntegerLie.allCases) func `brackets hold whatever it says`(_ lie: MixedIntegerLie) throws {
    var told = 0
    for question in try Self.questions.get() {
      for engine in [ExactEngine.milp, .both] {
        let liar = MixedIntegerLiar(lie, seed: question.number)
        if let bracket = try question.answer(engine, by: liar) { try question.check(bracket, lie) }
        told += liar.told
      }
    }
    #expect(told > 0)
  }

  @Test(arguments: refutable) func `a claim that is refuted is a disagreement`(
    _ lie: MixedIntegerLie
  ) throws {
    var told = 0
    for question in try Self.singles.get() {
      let liar = MixedIntegerLiar(lie, seed: question.number)
      let answer = try question.answer(.both, by: liar)
      told += liar.told
      #expect((answer == nil) == (liar.told > 0), "\(lie), network \(question.number)")
    }
    #expect(told > 0)
  }

  /// Searches that come down in rounds leave no class out.
  @Test(arguments: refutable) func `it is asked once for each class, in however many rounds`(
    _ lie: MixedIntegerLie
  ) throws {
    for question in try Self.singles.get() {
      let told = try [1_000, 1].map { firstRound in
        let liar = MixedIntegerLiar(lie, seed: question.number)
        let answer = try question.answer(.both, by: liar, firstRound: firstRound)
        #expect((answer == nil) == (liar.told > 0), "\(lie), network \(question.number), \(firstRound)")
        return liar.told
      }
      #expect(told[0] == told[1], "network \(question.number)")
    }
  }
}
