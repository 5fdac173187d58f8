import Intervals
import RegionNetworks
import TestSupport
import Testing

@testable import MathematicalPrograms

/// A basis of nonsense costs iterations, or an optimum at worst; never the process, and never a bound.
@Suite struct GarbageBasisTests {
  /// Bytes that no solver would give.
  private enum Garbage: CaseIterable {
    case anyByte, anyStatus, allBasic, nothingBasic, allFree, allFixed, allSuperBasic, allUndefined, allFlagged, tooMany

    func bytes(_ count: Int, _ random: inout RandomNetworks) -> [UInt8] {
      (0..<max(0, count)).map { _ in
        switch self {
        case .anyByte: UInt8(random.index(0...255))
        case .anyStatus: UInt8(random.index(0...5))
        case .allBasic: 1
        case .nothingBasic: 3
        case .allFree: 0
        case .allFixed: 5
        case .allSuperBasic: 4
        case .allUndefined: 7
        case .allFlagged: 0xF9
        case .tooMany: random.index(0...9) == 0 ? 2 : 1
        }
      }
    }
  }

  @Test(arguments: 0..<55) func `any start leads to an answer`(_ number: Int) throws {
    var random = RandomNetworks(seed: UInt64(number))
    let question = try RelaxedQuestion(number: number, &random)
    let program = TriangleRelaxation(question.region, objective: 0, penalty: 16).program
    // Programs beyond what Clp takes have no start at all.
    guard var honest = ClpSolver(program), let optimum = honest.solve(seconds: 10) else { return }
    let value = program.objectiveValue(at: optimum.columns)
    let dualBound = DualBound(program)
    for garbage in Garbage.allCases {
      for isFirst in [true, false] {
        guard var solver = ClpSolver(program) else { continue }
        if !isFirst { _ = solver.solve(seconds: 10) }
        let count = program.columnCount + program.rowCount
        for length in [0, count - 1, count + 1, count] { solver.start(from: garbage.bytes(length, &random)) }
        let said = solver.solve(seconds: 10)
        let outcome = try #require(said, "\(garbage)")
        let found = program.objectiveValue(at: outcome.columns)
        let bound = dualBound.upperBound(multipliers: outcome.duals, columns: program.columnRanges)
        let what: Comment =
          "network \(number), \(garbage), first: \(isFirst): \(found) below \(bound), honestly \(value)"
        // Clp's own optimum keeps to the rows up to a tolerance only, which large coefficients make a lot of.
        if let bound = Rational(bound) { #expect(program.proof(from: outcome.duals) <= bound, what) }
        guard Self.isWellConditioned(number) else { continue }
        #expect(outcome.isOptimal && abs(found - value) <= 1e-6 * max(1, abs(value)), what)
      }
    }
  }

  /// Whether nonsense makes no singular basis of a program. Whole weights make many, from which Clp may come to call
  /// a point optimal that is not; its multipliers then say so.
  private static func isWellConditioned(_ number: Int) -> Bool {
    let kinds = RandomNetworks.Planar.allCases
    let kind = number % (kinds.count + 2)
    return kind < kinds.count ? kinds[kind].isTame && kinds[kind] != .whole : !number.isMultiple(of: 4)
  }
}
