import Networks
import Tensors
import TestSupport
import Testing

@testable import Verification

/// The same question has the same answer, however many threads work on others.
@Suite struct DeterminismTests {
  /// All of an answer that is no time.
  private struct Answer: Hashable, CustomStringConvertible {
    let lower, upper: Double
    let input: [Double]
    let counts: [Int]
    let nodes: Int

    init(_ bracket: MarginBracket) {
      (lower, upper, input) = (bracket.lower.margin, bracket.upper, bracket.lower.input)
      nodes = bracket.nodes
      let profile = bracket.profile
      counts = [
        bracket.lower.adversarialClass, bracket.solvedClasses, bracket.unstable, profile.iterations, profile.cuts,
        profile.parts, bracket.openReason == nil ? 0 : 1,
      ]
    }

    init(_ work: RowBrackets) {
      lower = work.rows.reduce(0) { $0 + $1.lower.value }
      upper = work.rows.reduce(0) { $0 + $1.upper }
      input = work.rows.flatMap(\.lower.input)
      nodes = work.nodes
      counts = [work.solvedRows, work.profile.iterations, work.profile.cuts, work.profile.parts]
    }

    var description: String { "[\(lower), \(upper)] at \(input.prefix(4)), \(nodes), \(counts)" }
  }

  /// Small networks of all kinds, and some whose searches branch.
  private static func question(_ number: Int) throws -> (network: Network, region: Region) {
    var random = RandomNetworks(seed: 0xDE7 &+ UInt64(number))
    if number.isMultiple(of: 3) {
      let network = try random.dense([6, 14, 14, 3])
      let centre = (0..<6).map { _ in random.uniform(0, 1) }
      return (network, try Region(ballAround: centre, radius: 0.25, validRange: 0...1))
    }
    let kinds = RandomNetworks.Planar.allCases
    let (network, box) = try random.planar(kinds[number % kinds.count])
    return (network, Region(box: box))
  }

  private static func margin(_ number: Int, _ engine: ExactEngine) throws -> Answer {
    let (network, region) = try question(number)
    return Answer(
      try ExactMargin.bracket(
        of: network, over: region, label: 1, sample: number, settings: ExactSettings(timeout: 600, engine: engine)))
  }

  private static func rows(_ number: Int) throws -> Answer {
    let (network, region) = try question(number)
    return Answer(
      try ExactRows.margins(of: network, over: region, label: 1, settings: ExactSettings(timeout: 600)))
  }

  private func expectSameAnswers(
    to count: Int, _ answer: @escaping @Sendable (Int) throws -> Answer
  ) throws {
    let runs = try [1, 2, 2].map { threads in
      try Workers(count: threads).map(0..<count) { number in Result { try answer(number) } }.map { try $0.get() }
    }
    for number in 0..<count {
      #expect(runs[0][number] == runs[1][number], "network \(number)")
      #expect(runs[1][number] == runs[2][number], "network \(number)")
    }
    // Searches that have nothing to do would prove nothing.
    #expect(runs[0].count { $0.nodes > 10 } >= count / 6)
  }

  @Test func `margins by branch-and-bound`() throws {
    try expectSameAnswers(to: 48) { try Self.margin($0, .bab) }
  }

  @Test(arguments: [ExactEngine.milp, .both]) func `margins with CBC`(_ engine: ExactEngine) throws {
    try expectSameAnswers(to: 18) { try Self.margin($0, engine) }
  }

  @Test func `rows`() throws {
    try expectSameAnswers(to: 24) { try Self.rows($0) }
  }
}
