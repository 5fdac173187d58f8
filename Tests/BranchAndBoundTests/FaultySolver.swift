import MathematicalPrograms
import TestSupport

/// Clp, and a lie on top of what it says.
struct FaultySolver: ~Copyable, LinearProgramSolver {
  private var solver: ClpSolver
  private var program: LinearProgram
  private let liar = SolverLiar.current
  private var random: RandomNetworks
  private var lie: SolverLie
  /// The rows that Clp holds; fewer than the program's once some were dropped.
  private var rowCount: Int
  private var last: LinearProgramOutcome?

  init?(_ program: LinearProgram) {
    if liar.lie == .noModel {
      liar.tell()
      return nil
    }
    guard let solver = ClpSolver(program) else { return nil }
    self.solver = solver
    self.program = program
    rowCount = program.rowCount
    random = RandomNetworks(seed: UInt64(liar.seed))
    lie = liar.lie
    chooseLie()
  }

  /// What the next answers are to be wrong about.
  private mutating func chooseLie() {
    guard liar.lie == .anything else { return }
    lie = SolverLie.survivable[random.index(0...SolverLie.survivable.count - 1)]
  }

  mutating func setRange(ofColumn column: Int, _ lower: Double, _ upper: Double) {
    if lie == .rangesIgnored { return liar.tell() }
    solver.setRange(ofColumn: column, lower, upper)
  }

  mutating func setObjective(of program: LinearProgram) {
    self.program = program
    if lie == .objectiveIgnored { return liar.tell() }
    solver.setObjective(of: program)
  }

  mutating func addRows(of program: LinearProgram, from first: Int) -> Bool {
    self.program = program
    if lie == .rowsRefused {
      liar.tell()
      return false
    }
    let drops = lie == .rowsDropped || (lie == .rowsDroppedAtTimes && random.index(0...2) == 0)
    // Clp cannot take rows after those that it never got.
    if drops || rowCount < first {
      liar.tell()
      return true
    }
    rowCount = program.rowCount
    return solver.addRows(of: program, from: first)
  }

  func basis() -> [UInt8] {
    let basis = solver.basis()
    switch lie {
    case .basisGarbage:
      liar.tell()
      // No state may change here: what the garbage is made of lies in the basis itself.
      var random = RandomNetworks(seed: UInt64(basis.reduce(liar.seed) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF }))
      return basis.map { _ in UInt8(random.index(0...255)) }
    case .basisShort:
      liar.tell()
      return Array(basis.dropLast())
    case .basisLong:
      liar.tell()
      return basis + [1, 1, 1]
    case .basisMissing:
      liar.tell()
      return []
    default: return basis
    }
  }

  mutating func start(from basis: [UInt8]) {
    guard lie == .startsFromGarbage else { return solver.start(from: basis) }
    liar.tell()
    let count = program.columnCount + rowCount
    // Any byte, any status, the same status everywhere.
    let statuses = [255, 7, 0][random.index(0...2)]
    let only = random.index(0...255)
    solver.start(from: (0..<count).map { _ in UInt8(statuses > 0 ? random.index(0...statuses) : only) })
  }

  mutating func solve(seconds: Double, enough: Double) -> LinearProgramOutcome? {
    defer { chooseLie() }
    guard var outcome = solver.solve(seconds: seconds, enough: enough) else { return nil }
    // Rows that were dropped get a multiplier all the same.
    while outcome.duals.count < program.rowCount {
      outcome.duals.append(random.index(0...1) == 0 ? 0 : random.weight())
    }
    if lie == .stuck, let last {
      liar.tell()
      return last
    }
    if lie == .silent || (lie == .sometimesSilent && random.index(0...3) == 0) {
      liar.tell()
      return nil
    }
    if distort(&outcome) { liar.tell() }
    last = outcome
    return outcome
  }

  /// Makes an answer wrong in the way of the lie; false if the lie is not about answers.
  private mutating func distort(_ outcome: inout LinearProgramOutcome) -> Bool {
    switch lie {
    case .columnsMoved:
      for column in outcome.columns.indices {
        let (lower, upper) = (program.columnLower[column], program.columnUpper[column])
        outcome.columns[column] += random.uniform(-0.3, 0.3) * (upper - lower)
      }
    case .columnsScaled: outcome.columns = outcome.columns.map { 1.5 * $0 }
    case .columnsFarAway: outcome.columns = outcome.columns.map { _ in 1e6 * random.weight() }
    case .columnsInfinite: outcome.columns = outcome.columns.map { $0 < 0.5 ? -.infinity : .infinity }
    case .columnsNotNumbers: outcome.columns = outcome.columns.map { _ in .nan }
    case .someColumnsNotNumbers: outcome.columns = some(of: outcome.columns, become: [.nan, .infinity, -.infinity])
    case .dualsNoise: outcome.duals = outcome.duals.map { $0 + random.weight() }
    case .dualsZero: outcome.duals = outcome.duals.map { _ in 0 }
    case .dualsFlipped: outcome.duals = outcome.duals.map { -$0 }
    case .dualsReversed: outcome.duals.reverse()
    case .dualsHuge: outcome.duals = outcome.duals.map { ($0 + 1) * 1e200 }
    case .dualsTiny: outcome.duals = outcome.duals.map { $0 * 1e-300 }
    case .dualsInfinite: outcome.duals = outcome.duals.map { $0 < 0 ? -.infinity : .infinity }
    case .dualsNotNumbers: outcome.duals = outcome.duals.map { _ in .nan }
    case .someDualsNotNumbers: outcome.duals = some(of: outcome.duals, become: [.nan, .infinity, -.infinity])
    case .someDualsHuge:
      outcome.duals = some(
        of: outcome.duals, become: [.greatestFiniteMagnitude, -1e300, 1e160, -.leastNonzeroMagnitude])
    case .neverOptimal: outcome.isOptimal = false
    case .optimalAtAnyPoint:
      outcome.columns = zip(program.columnLower, program.columnUpper).map { random.uniform($0, $1) }
      outcome.duals = outcome.duals.map { _ in random.weight() }
      outcome.isOptimal = true
    case .columnsShort: _ = outcome.columns.popLast()
    case .columnsLong: outcome.columns.append(0)
    case .columnsMissing: outcome.columns = []
    case .dualsShort: _ = outcome.duals.popLast()
    case .dualsLong: outcome.duals.append(1)
    case .dualsMissing: outcome.duals = []
    case .countlessIterations: outcome.iterations = .max
    case .noModel, .silent, .sometimesSilent, .rowsRefused, .rowsDropped, .rowsDroppedAtTimes, .rangesIgnored,
      .objectiveIgnored, .stuck, .basisGarbage, .basisShort, .basisLong, .basisMissing, .startsFromGarbage, .anything:
      return false
    }
    return true
  }

  /// Numbers, about a third of them replaced by one of the given ones.
  private mutating func some(of numbers: [Double], become wrong: [Double]) -> [Double] {
    numbers.map { random.index(0...2) == 0 ? wrong[random.index(0...wrong.count - 1)] : $0 }
  }
}
