import Bounds
import Networks

/// Where a unit stands in its network: its activation node, and its element there.
public struct UnitPosition: Hashable, Sendable {
  public let node: NodeID
  public let element: Int

  /// An element of an activation node.
  public init(node: NodeID, element: Int) {
    self.node = node
    self.element = element
  }
}

/// One unstable ReLU of a network on a region.
public struct RegionUnit: Sendable {
  /// Where it stands in the network.
  public let position: UnitPosition
  /// The range of its pre-activation, `lower < 0 < upper`.
  public let lower, upper: Double
  /// Its pre-activation over the inputs and earlier units.
  public let preActivation: AffineRow
}

/// A network as it is on one region: stable ReLUs folded into their neighbours, only unstable units left.
///
/// Certifiably trained networks have thousands of ReLUs and, on one region, a few dozen unstable ones. Each of those,
/// and each objective row, becomes one affine row over inputs and earlier unstable units.
/// - Invariant: rows name only units that stand before theirs; every unit is reached by some objective.
public struct RegionNetwork: Sendable {
  /// The input box.
  public let input: Box
  /// The unstable units in topological order.
  public let units: [RegionUnit]
  /// The objective rows in the order they were asked for.
  public let objectives: [AffineRow]
  /// What folded the rows, for rows that are asked for later; and the position among ``units`` of each unit that it
  /// numbered, −1 for those that no objective depends on.
  private let folding: Folding
  private let positions: [Int]

  /// Folds a network on the region of the given bounds.
  ///
  /// - Parameters:
  ///   - bounds: bounds of every node; the tighter, the fewer units are left.
  ///   - rows: linear rows over the network's output.
  ///   - mayContinue: asked before each block of rows.
  /// - Precondition: the network is piecewise linear.
  /// - Returns: nil if a row's numbers are beyond double precision, or it was not to continue.
  /// - Complexity: one backward pass for each unstable unit and each row, through the maps before it.
  public init?(_ bounds: RegionBounds, objectives rows: LinearRows, mayContinue: () -> Bool = { true }) {
    let network = bounds.network
    precondition(network.isPiecewiseLinear, "A network with smooth activations cannot be folded")
    var folding = Folding(bounds)
    var units: [RegionUnit] = []
    for node in network.activationNodes {
      guard case .activation(_, let source) = node.operation else { continue }
      let box = bounds.preActivations(of: node)
      let elements = bounds.unstableUnits(of: node)
      guard !elements.isEmpty else { continue }
      for start in stride(from: 0, to: elements.count, by: RegionBounds.rowsWithinLimit(of: network)) {
        let part = Array(elements[start...].prefix(RegionBounds.rowsWithinLimit(of: network)))
        guard mayContinue(), let folded = folding.rows(.elements(part, width: box.count), over: source) else {
          return nil
        }
        for (element, row) in zip(part, folded) {
          units.append(
            RegionUnit(
              position: UnitPosition(node: node.id, element: element), lower: box.lower[element],
              upper: box.upper[element], preActivation: row))
        }
      }
      folding.add(node: node.id, elements: elements)
    }
    guard mayContinue(), let objectives = folding.rows(rows, over: network.output) else { return nil }
    input = bounds.input
    (self.units, self.objectives, positions) = Self.reachable(units, from: objectives)
    self.folding = folding
    // Whoever builds programs on the rows needs ranges for everything in them.
    let ranges =
      self.units.map { reach(of: $0.preActivation) + max(-$0.lower, $0.upper) } + self.objectives.map { reach(of: $0) }
    guard ranges.allSatisfy({ $0 < Self.largestReach }) else { return nil }
  }

  /// Beyond this a solver's arithmetic has nothing left to say, and its products overflow.
  private static let largestReach = 1e150

  /// The units that the objectives depend on, and all rows renumbered to them.
  private static func reachable(
    _ units: [RegionUnit], from objectives: [AffineRow]
  ) -> (
    [RegionUnit], [AffineRow], [Int]
  ) {
    var needed = [Bool](repeating: false, count: units.count)
    for row in objectives { for term in row.units { needed[term.variable] = true } }
    for position in units.indices.reversed() where needed[position] {
      for term in units[position].preActivation.units { needed[term.variable] = true }
    }
    var moved = [Int](repeating: -1, count: units.count)
    var kept = 0
    for position in units.indices where needed[position] {
      moved[position] = kept
      kept += 1
    }
    let left = units.indices.filter { needed[$0] }.map { position in
      let unit = units[position]
      return RegionUnit(
        position: unit.position, lower: unit.lower, upper: unit.upper,
        preActivation: unit.preActivation.renumbered(moved))
    }
    return (left, objectives.map { $0.renumbered(moved) }, moved)
  }

  /// For each unit, its pre-activation over what its layer reads.
  public func layerRows() -> [LayerRow] {
    var rows: [LayerRow] = []
    // Units of one node stand together.
    var first = 0
    while first < units.count {
      let node = units[first].position.node
      let last = units[first...].firstIndex { $0.position.node != node } ?? units.count
      rows += folding.layerRows(units[first..<last].map(\.position.element), ofActivation: node)
      first = last
    }
    return rows
  }

  /// Sums of terms that layers read as affine rows over inputs and units.
  ///
  /// - Precondition: no sum names an element twice.
  /// - Returns: nil where numbers overflow, or a sum depends on a unit that no objective does: one whose coefficient was
  ///   negligible in every row.
  public func rows(_ sums: [[LayerRow.Term]]) -> [AffineRow]? {
    guard let rows = folding.rows(sums) else { return nil }
    let known = rows.map { $0.units.allSatisfy { positions[$0.variable] >= 0 } }
    return known.allSatisfy(\.self) ? rows.map { $0.renumbered(positions) } : nil
  }

  /// The position of an activation's element among the units, if it is one of them.
  public func position(of element: Int, ofActivation node: NodeID) -> Int? {
    guard let position = folding.position(of: element, ofActivation: node) else { return nil }
    return positions[position] >= 0 ? positions[position] : nil
  }

  /// The values of all nodes where units have the given outputs, by node index.
  public func nodeValues(input: [Double], outputs: [Double]) -> [[Double]] {
    folding.values(input: input) { node, element in
      position(of: element, ofActivation: node).map { outputs[$0] }
    }
  }

  /// The input elements that an objective or any unit depends on directly, in increasing order.
  public func inputElements(ofObjective objective: Int) -> [Int] {
    var used = Set(objectives[objective].inputs.map(\.variable))
    for unit in units { used.formUnion(unit.preActivation.inputs.map(\.variable)) }
    return used.sorted()
  }

  /// About how large a row can become on the region, in magnitude.
  public func reach(of row: AffineRow) -> Double {
    let fromInputs = row.inputs.reduce(row.constant.magnitude + row.error) {
      $0 + $1.coefficient.magnitude * input[$1.variable].magnitude
    }
    return row.units.reduce(fromInputs) { $0 + $1.coefficient.magnitude * units[$1.variable].upper }
  }

  /// For each unit, the most by which an objective can change with its pre-activation: the sum over all paths, their
  /// coefficients taken by magnitude, as if every ReLU on them were active.
  public func sensitivities(ofObjective objective: Int) -> [Double] {
    var sensitivities = [Double](repeating: 0, count: units.count)
    for term in objectives[objective].units { sensitivities[term.variable] += term.coefficient.magnitude }
    for (position, unit) in units.enumerated().reversed() {
      for term in unit.preActivation.units {
        sensitivities[term.variable] += sensitivities[position] * term.coefficient.magnitude
      }
    }
    return sensitivities
  }

  /// The outputs of all units at an input, in ordinary double precision.
  public func outputs(at input: [Double]) -> [Double] {
    var outputs = [Double](repeating: 0, count: units.count)
    for (position, unit) in units.enumerated() {
      outputs[position] = max(0, unit.preActivation.value(input: input, outputs: outputs))
    }
    return outputs
  }

  /// Which units are active at an input: their activation pattern.
  public func activePattern(at input: [Double]) -> [Bool] {
    outputs(at: input).map { $0 > 0 }
  }
}

extension AffineRow {
  fileprivate func renumbered(_ moved: [Int]) -> AffineRow {
    AffineRow(
      inputs: inputs, units: units.map { Term(variable: moved[$0.variable], coefficient: $0.coefficient) },
      constant: constant, error: error)
  }
}
