import Attacks
import Bounds
import BranchAndBound
import MathematicalPrograms
import Networks

/// The exact largest value of each of several rows over a network's output, as brackets.
///
/// As ``ExactMargin`` works for the largest margin: sound bounds, an attack, and for what these leave open one search a
/// row. There is more than one maximum here, and no row is left out because another is larger. Whatever input is found
/// for a row is tried on all open ones.
///
/// One deadline holds for all rows. Each search may take an equal share of the time left, those with the smallest gaps
/// first: what they leave goes to the harder ones, and no row takes the time of all others. Branch-and-bound is the only
/// engine; CBC gives its second opinion on margins alone (``ExactEngine``).
public struct ExactRows {
  /// Rows bounded or attacked at once.
  private static let rowsAtOnce = 128

  private let network: Network
  private let rows: [OutputRow]
  private let settings: ExactSettings
  private let region: Region
  private let deadline: Deadline
  private var profile = ExactProfile()
  private var uppers: [Double] = []
  private var incumbents: RowIncumbents

  /// Computes the brackets.
  ///
  /// - Parameters:
  ///   - rows: rows over the network's output.
  ///   - region: the inputs.
  ///   - settings: of which the timeout is for all rows together, and the engine and the attack are not used.
  ///   - hints: inputs to try besides.
  /// - Throws: ``VerificationError`` if two results contradict each other, or some row overflows at every input tried.
  /// - Complexity: exponential in the number of unstable units, in the worst case; stops at the timeout.
  public static func brackets(
    of rows: [OutputRow], of network: Network, over region: Region, settings: ExactSettings, hints: [[Double]] = []
  ) throws(VerificationError) -> RowBrackets {
    try brackets(of: rows, of: network, over: region, settings: settings, hints: hints, solver: ClpSolver.self)
  }

  /// The same by a given solver, whatever it says.
  static func brackets<Solver: LinearProgramSolver & ~Copyable>(
    of rows: [OutputRow], of network: Network, over region: Region, settings: ExactSettings, hints: [[Double]] = [],
    solver: Solver.Type
  ) throws(VerificationError) -> RowBrackets {
    var computation = ExactRows(
      network: network, rows: rows, settings: settings, region: region, deadline: Deadline(seconds: settings.timeout),
      incumbents: RowIncumbents(rows, of: network, over: region))
    return try computation.run(hints: hints, by: solver)
  }

  private mutating func run<Solver: LinearProgramSolver & ~Copyable>(
    hints: [[Double]], by solver: Solver.Type
  ) throws(VerificationError) -> RowBrackets {
    var watch = Stopwatch()
    var bounds = RegionBounds(of: network, over: region.outer)
    let deadline = deadline
    bounds.refine(mayContinue: { !deadline.hasPassed })
    bound(by: bounds)
    profile.bounds += watch.lap()
    incumbents.offer([region.inner.centre] + hints)
    attack()
    profile.attack += watch.lap()
    try refuseContradictions()

    var reasons = [OpenReason?](repeating: nil, count: rows.count)
    var nodes = [Int](repeating: 0, count: rows.count)
    let open = rows.indices.filter { !isClosed($0) }.sorted { (gap($0), $0) < (gap($1), $1) }
    var solved = 0
    for (position, row) in open.enumerated() where !isClosed(row) {
      guard network.isPiecewiseLinear else {
        reasons[row] = .smoothActivations
        continue
      }
      guard !deadline.hasPassed else {
        reasons[row] = .timeLimit
        continue
      }
      incumbents.open = Array(open[position...])
      let outcome = search(row, bounds, seconds: deadline.remaining / Double(open.count - position), by: solver)
      solved += 1
      uppers[row] = min(uppers[row], outcome.upper)
      reasons[row] = OpenReason(outcome)
      nodes[row] = outcome.nodes
      try refuseContradictions()
    }
    profile.search += watch.lap()
    return RowBrackets(
      rows: try rows.indices.map { (row) throws(VerificationError) in
        guard let witness = incumbents.best[row] else { throw .overflow }
        return RowBracket(
          lower: witness, upper: uppers[row],
          openReason: uppers[row] - witness.value <= settings.tolerance(at: witness.value)
            ? nil : reasons[row] ?? .tolerance,
          nodes: nodes[row])
      },
      unstable: bounds.unstableCount, solvedRows: solved, nodes: nodes.reduce(0, +), profile: profile,
      seconds: deadline.elapsed)
  }

  /// The distance between what is proved and what is attained.
  private func gap(_ row: Int) -> Double { uppers[row] - incumbents.value(of: row) }

  /// What a search may leave above its incumbent: half of the bracket's tolerance.
  private func tolerance(_ row: Int) -> Double { settings.tolerance(at: incumbents.value(of: row)) / 2 }

  private func isClosed(_ row: Int) -> Bool { gap(row) <= tolerance(row) }

  /// Upper bounds of all rows; those of interval propagation once the time is up.
  private mutating func bound(by bounds: RegionBounds) {
    for part in parts {
      uppers += bounds.upperBounds(
        of: Array(rows[part]).coefficients(outputs: network.outputCount), by: deadline.hasPassed ? .ibp : .crown)
    }
  }

  /// Climbs from corner to corner for every row that the centre leaves open, while there is time.
  private mutating func attack() {
    for part in parts where !deadline.hasPassed {
      let targets = part.filter { !isClosed($0) }
      guard !targets.isEmpty else { continue }
      // What is found for these rows is tried on all that are open.
      incumbents.open = rows.indices.filter { !isClosed($0) }
      incumbents.offer(
        CornerAscent.points(
          of: targets.map { rows[$0] }.coefficients(outputs: network.outputCount).coefficients, of: network,
          over: region, sufficient: targets.map { uppers[$0] - tolerance($0) }))
    }
  }

  private var parts: [Range<Int>] {
    stride(from: 0, to: rows.count, by: Self.rowsAtOnce).map { $0..<min($0 + Self.rowsAtOnce, rows.count) }
  }

  /// Branch-and-bound on one row.
  private mutating func search<Solver: LinearProgramSolver & ~Copyable>(
    _ row: Int, _ bounds: RegionBounds, seconds: Double, by solver: Solver.Type
  ) -> PhaseSearchOutcome {
    let share = Deadline(seconds: seconds)
    let (settings, inner) = (settings, region.inner)
    // Out of `self`, so that offers change them in place.
    var incumbents = RowIncumbents([], of: network, over: region)
    swap(&incumbents, &self.incumbents)
    defer { swap(&incumbents, &self.incumbents) }
    let request = PhaseSearchRequest(
      incumbent: incumbents.value(of: row), tolerance: { settings.tolerance(at: $0) / 2 },
      remaining: { share.remaining },
      offer: { input in
        incumbents.offer(inner.clamp(input))
        return incumbents.value(of: row)
      })
    var search = PhaseSearch<Solver>(
      [rows[row]].coefficients(outputs: network.outputCount), others: incumbents.best[row]?.input ?? inner.centre,
      request)
    let outcome = search.run(bounds, upper: uppers[row])
    profile.add(outcome)
    return outcome
  }

  private func refuseContradictions() throws(VerificationError) {
    for row in rows.indices where incumbents.value(of: row) > uppers[row] {
      throw .rowContradiction(row: row, witness: incumbents.value(of: row), upper: uppers[row])
    }
  }
}
