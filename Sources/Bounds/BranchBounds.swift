import Networks

/// A branch of a search over phases: which phases are fixed, and what its bound can start from.
public struct Branch: Sendable {
  /// The fixed phases with their multipliers.
  public var splits: [PhaseSplit]
  /// The outputs that are all to be at least zero, and the weights of their mix.
  public let outputs: [Int]
  fileprivate(set) var weights: [Double]
  /// Lower slopes of the units that have a choice, in the order of the network; none at first.
  fileprivate(set) var slopes: [Float] = []

  /// The branch on which nothing is fixed.
  public init(outputs: [Int]) {
    splits = []
    self.outputs = outputs
    weights = [Double](repeating: 1 / Double(outputs.count), count: outputs.count)
  }

  /// The part of the branch where one more unit has the given phase.
  ///
  /// - Precondition: the unit's phase is not fixed yet.
  public func fixing(_ unit: BranchUnit, isActive: Bool) -> Branch {
    precondition(
      !splits.contains { $0.node == unit.node && $0.unit == unit.unit }, "Unit \(unit.unit) is fixed already")
    var branch = self
    branch.splits.append(PhaseSplit(node: unit.node, unit: unit.unit, isActive: isActive))
    return branch
  }
}

/// A unit that a branch could split next.
public struct BranchUnit: Hashable, Sendable {
  /// The activation node, and the unit's position in it.
  public let node: NodeID
  public let unit: Int
}

/// What bounding a branch came to.
public struct BoundedBranch: Sendable {
  /// The branch, with multipliers, weights and slopes as they are now.
  public let branch: Branch
  /// An upper bound of its mix of outputs, over all inputs of the region that keep to the phases. Below zero, some output
  /// is negative at each of them; with one output it bounds that.
  public let upper: Double
  /// Where its linear bound is largest: an input of the region, not always one that keeps to the phases.
  public let corner: [Double]
  /// Units to split, best first by either of two scores in turn; none where every unit is fixed or exact.
  public let candidates: [BranchUnit]
}

/// Bounds of many branches of one region at once, each as one row of the same backward passes (β-CROWN).
///
/// All branches share the region's boxes and lines; what tells them apart are their fixed phases, multipliers, slopes
/// and mixes of outputs, each optimised for its own bound.
/// - Soundness: ``PhaseSplit`` and `RowMix` say why any multipliers and weights are sound; passes account for rounding
///   as always.
/// - Source: Wang et al. 2021, "Beta-CROWN".
public struct BranchBounds: Sendable {
  /// What is known of the region.
  public let bounds: RegionBounds
  private let relaxations: [LinearRelaxation?]

  /// Bounds on a region; the tighter the boxes, the tighter the branches.
  public init(_ bounds: RegionBounds) {
    self.bounds = bounds
    relaxations = bounds.relaxations(lowerSlope: .adaptive)
  }

  /// Bounds branches, in single precision; and in double precision with what was found, where the errors of single
  /// precision alone may have kept a bound from being `sufficient`.
  ///
  /// - Parameters:
  ///   - settings: how slopes and multipliers are optimised; branches below `sufficient` are left as they are.
  ///   - candidates: how many units to name for each of the two scores.
  /// - Complexity: for each iteration a backward pass and an evaluation with one vector for each branch.
  public func bound(_ branches: [Branch], _ settings: AlphaSettings, candidates: Int) -> [BoundedBranch] {
    precondition(settings.leastGain == 0, "Branches that are open are improved to the end")
    var (result, errors) = bound(branches, settings, candidates: candidates, in: Float.self)
    guard let sufficient = settings.sufficient else { return result }
    let blurred = result.indices.filter {
      !(result[$0].upper < sufficient) && !(result[$0].upper - errors[$0] >= sufficient)
    }
    guard !blurred.isEmpty else { return result }
    let again = AlphaSettings(iterations: 0, intermediate: nil, sufficient: sufficient)
    let (sharp, _) = bound(blurred.map { result[$0].branch }, again, candidates: candidates, in: Double.self)
    for (k, branch) in zip(blurred, sharp) where branch.upper < result[k].upper { result[k] = branch }
    return result
  }

  /// Upper bounds of branches with the slopes and multipliers that they have, in single precision.
  ///
  /// - Complexity: a backward pass with one vector for each branch, or two.
  public func upperBounds(of branches: [Branch]) -> [Double] {
    var search = search(branches, in: Float.self)
    return search.firstBounds()
  }

  /// Bounds branches in one precision, and by how much its errors may have raised each bound.
  private func bound<Scalar: RowScalar>(
    _ branches: [Branch], _ settings: AlphaSettings, candidates: Int, in type: Scalar.Type
  ) -> (branches: [BoundedBranch], errors: [Double]) {
    var search = search(branches, in: type)
    let uppers = search.upperBounds(settings)
    var result = zip(branches, uppers).map { BoundedBranch(branch: $0, upper: $1, corner: [], candidates: []) }
    var errors = [Double](repeating: 0, count: branches.count)
    let values = search.pushCorner()
    let found = search.branches(search.open.map { branches[$0] })
    for (row, branch) in search.open.enumerated() {
      result[branch] = BoundedBranch(
        branch: found[row], upper: uppers[branch], corner: search.corner(of: row),
        candidates: candidates == 0 ? [] : search.units(toSplit: row, values, most: candidates))
      errors[branch] = search.errors[row]
    }
    return (result, errors)
  }

  /// A search that starts from what branches know.
  private func search<Scalar: RowScalar>(_ branches: [Branch], in type: Scalar.Type) -> AlphaCROWN<Scalar> {
    let width = bounds.network.outputCount
    var rows = LinearRows(
      count: branches.count, width: width, coefficients: [Double](repeating: 0, count: branches.count * width))
    for (row, branch) in branches.enumerated() {
      for (output, weight) in zip(branch.outputs, branch.weights) { rows.coefficients[row * width + output] = weight }
    }
    var search = AlphaCROWN<Scalar>(
      rows, over: bounds.network.output, bounds: bounds, relaxations: relaxations,
      mixes: branches.map { RowMix(outputs: $0.outputs, weights: $0.weights) })
    search.start(from: branches.map(\.slopes))
    for (row, branch) in branches.enumerated() {
      for split in branch.splits { search.layers[split.node.index]?.splits.add(split, row: row) }
    }
    return search
  }
}

extension AlphaCROWN {
  /// Starts rows from given slopes of the units that have a choice, where there are some.
  fileprivate mutating func start(from slopes: [[Float]]) {
    guard slopes.contains(where: { !$0.isEmpty }) else { return }
    var position = 0
    for index in layers.indices {
      guard let layer = layers[index], layer.hasChoice else { continue }
      let free = layer.free.indices.filter { layer.free[$0] > 0 }
      var own = layer.slopes
      for (row, slopes) in slopes.enumerated() where !slopes.isEmpty {
        for (k, unit) in free.enumerated() { own[row * layer.free.count + unit] = Double(slopes[position + k]) }
      }
      layers[index]?.slopes = own
      position += free.count
    }
  }

  /// The rows' branches with what was found for them.
  fileprivate func branches(_ branches: [Branch]) -> [Branch] {
    var result = branches
    for row in result.indices {
      result[row].slopes = []
      result[row].weights = mixes[row].weights
    }
    for (index, layer) in layers.enumerated() {
      guard let layer else { continue }
      let multipliers = layer.splits.multipliers(rows: result.count)
      let free = layer.hasChoice ? layer.free.indices.filter { layer.free[$0] > 0 } : []
      let slopes = layer.slopes
      for row in result.indices {
        let base = row * layer.free.count
        result[row].slopes.append(contentsOf: free.map { Float(slopes[base + $0]) })
        let own = result[row].splits.indices.filter { result[row].splits[$0].node.index == index }
        for (k, multiplier) in zip(own, multipliers[row]) { result[row].splits[k].multiplier = multiplier }
      }
    }
    return result
  }

  /// Where a row's linear bound is largest.
  fileprivate func corner(of row: Int) -> [Double] {
    let width = bounds.input.count
    return corner[0][row * width..<(row + 1) * width].map { Double($0) }
  }

  /// The units that cost a row most: by what their lines lie above the activation at the pre-activations that the bound
  /// rests on, and by what the chord's offset adds to it.
  ///
  /// - Source: the second is BaBSR's intercept score (Bunel et al. 2020); the first replaces its estimate by what the
  ///   optimised bound says itself.
  fileprivate func units(toSplit row: Int, _ values: [[Scalar]], most: Int) -> [BranchUnit] {
    var costs: [(unit: BranchUnit, gap: Double, intercept: Double)] = []
    for node in bounds.network.activationNodes {
      guard case .activation(_, let source) = node.operation, let layer = layers[node.id.index], layer.hasChoice else {
        continue
      }
      let box = bounds.boxes[source.index]
      let base = row * box.count
      let slopes = layer.slopes
      for unit in 0..<box.count where layer.free[unit] > 0 && layer.coefficients[base + unit] != 0 {
        let (a, z) = (Double(layer.coefficients[base + unit]), Double(values[source.index][base + unit]))
        let (l, u) = (box.lower[unit], box.upper[unit])
        let gap = a > 0 ? a * (u * (z - l) / (u - l) - max(z, 0)) : -a * (max(z, 0) - slopes[base + unit] * z)
        costs.append((BranchUnit(node: node.id, unit: unit), gap, max(a, 0) * -l * u / (u - l)))
      }
    }
    let byGap = costs.sorted { $0.gap > $1.gap }.prefix(most).map(\.unit)
    let byIntercept = costs.sorted { $0.intercept > $1.intercept }.prefix(most).map(\.unit)
    var found: [BranchUnit] = []
    for k in 0..<most {
      for list in [byGap, byIntercept] where k < list.count && !found.contains(list[k]) { found.append(list[k]) }
    }
    return found
  }
}
