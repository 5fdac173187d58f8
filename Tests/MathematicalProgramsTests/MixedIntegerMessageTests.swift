import TestSupport
import Testing

@testable import MathematicalPrograms

@Suite struct MixedIntegerMessageTests {
  static func question(_ seed: Int) throws -> MixedIntegerQuestion? {
    guard let (_, region) = try BigMEncodingTests.region(seed) else { return nil }
    var random = RandomNetworks(seed: UInt64(seed))
    let encoding = BigMEncoding(region, objective: 0)
    let start = encoding.columns(for: random.point(in: region.input))
    return MixedIntegerQuestion(
      program: encoding.program,
      request: .init(
        seconds: Double(seed), cutoff: seed % 2 == 0 ? nil : -0.0, start: seed % 3 == 0 ? nil : start,
        nodeLimit: seed % 5 == 0 ? .max : seed, solutionLimit: seed + 1))
  }

  @Test(arguments: 0..<20) func `a question arrives as it was sent`(_ seed: Int) throws {
    guard let question = try Self.question(seed) else { return }
    let read = try #require(MixedIntegerQuestion(question.bytes))
    #expect(read.bytes == question.bytes)
    #expect(read.program.rowLower.contains(-.infinity) == question.program.rowLower.contains(-.infinity))
    #expect(read.program.isInteger == question.program.isInteger)
    #expect(read.program.columnUpper == question.program.columnUpper)
    #expect(read.request.cutoff == question.request.cutoff && read.request.start == question.request.start)
    #expect(read.request.seconds == question.request.seconds)
    #expect(read.request.nodeLimit == question.request.nodeLimit)
    #expect(read.request.solutionLimit == question.request.solutionLimit)
  }

  @Test func `an outcome arrives as it was sent`() throws {
    for stop in [MixedIntegerStop.finished, .timeLimit, .workLimit, .failed] {
      for candidate in [nil, [0.1, -.infinity]] {
        let outcome = MixedIntegerOutcome(dualBound: .infinity, candidate: candidate, stop: stop, nodes: 7)
        let read = try #require(MixedIntegerOutcome(outcome.bytes))
        #expect(read.dualBound == .infinity && read.candidate == candidate && read.stop == stop && read.nodes == 7)
      }
    }
  }

  /// Whatever bytes come, they are a program that solvers can be given, or nothing.
  @Test func `mangled messages are no questions`() throws {
    let question = try #require(try (0..<20).lazy.compactMap { try Self.question($0) }.first)
    let bytes = question.bytes
    for count in stride(from: 0, to: bytes.count, by: 5) {
      #expect(MixedIntegerQuestion(Array(bytes[..<count])) == nil)
    }
    #expect(MixedIntegerQuestion(bytes + [0]) == nil)
    var random = RandomNetworks(seed: 1)
    for _ in 0..<2000 {
      var mangled = bytes
      let position = random.index(0...bytes.count - 1)
      mangled[position] = UInt8(random.index(0...255))
      guard let program = MixedIntegerQuestion(mangled)?.program else { continue }
      let columns = program.columns()
      #expect(columns.starts.count == program.columnCount + 1)
      #expect(columns.rows.allSatisfy { $0 >= 0 && $0 < program.rowCount })
      for row in 0..<program.rowCount {
        program.forEachTerm(of: row) { column, _ in #expect(column >= 0 && column < program.columnCount) }
      }
    }
  }
}
