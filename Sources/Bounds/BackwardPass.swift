import CKernels
import Intervals
import Networks

/// Rows over a network's values, pulled backwards node by node towards the input.
///
/// Whoever runs the pass decides what happens at an activation: relax it (CROWN), fold it away (region networks), or
/// stop there and take its box (IBP with last-layer elision). What is common lies here: the order, the products,
/// and the account of rounding errors.
///
/// Rows may belong to several regions of one network, as many to each: their products are computed together.
/// - Soundness: at any moment, for every input of its region, each row's real value is at most
///   `constant + error + Σ coefficients·(values of the nodes still to visit)` in real arithmetic, for the stored
///   coefficients; and at least the same with `−error`, as long as activations were folded, not relaxed.
/// - Source: Zhang et al. 2018 (CROWN), Singh et al. 2019 (DeepPoly); rounding as in the architecture, section 4.
public struct BackwardPass<Scalar: RowScalar> {
  /// What to do with rows that have reached an activation.
  public enum Step {
    /// The coefficients now apply to the pre-activations: go on.
    case toSource
    /// Take the largest value over the node's own box.
    case concretise
    /// Nothing: whoever runs the pass has taken the coefficients over the activation's outputs.
    case stop
  }

  /// The regions, each with its boxes.
  let regions: [RegionBounds]
  /// The number of rows.
  public let count: Int
  /// What the rows have gathered so far.
  var totals: RowTotals
  /// For each row, the constant gathered so far.
  public var constants: [Double] { totals.constants }
  /// After ``run(_:)``, the rows over the input, `count · inputCount`; zeros where they never reached it.
  public var inputCoefficients: [Scalar] {
    overInput ?? [Scalar](repeating: 0, count: count * network.inputCount)
  }

  private let network: Network
  private var overInput: [Scalar]?
  private var pending: [[Scalar]?]

  /// A pass that starts with rows over the value of one node.
  public init(_ rows: LinearRows, over node: NodeID, bounds: RegionBounds) {
    self.init(rows, over: node, regions: [bounds])
  }

  /// A pass with rows for several regions of one network, first those of the first region.
  ///
  /// - Precondition: there is a region, and the rows divide evenly among them.
  public init(_ rows: LinearRows, over node: NodeID, regions: [RegionBounds]) {
    let coefficients = Scalar.choose(single: { rows.coefficients.map { Float($0) } }, double: { rows.coefficients })
    self.init(
      coefficients, count: rows.count, over: node, regions: regions,
      totals: RowTotals(count: rows.count, accountsForRounding: regions[0].accountsForRounding))
    addConversionErrors(rows, over: node)
  }

  /// A pass with rows over the values of several nodes: for each node, `count` rows of its width.
  public init(_ starts: [NodeID: [Scalar]], count: Int, bounds: RegionBounds) {
    network = bounds.network
    regions = [bounds]
    self.count = count
    totals = RowTotals(count: count, accountsForRounding: bounds.accountsForRounding)
    pending = [[Scalar]?](repeating: nil, count: network.nodes.count)
    for (node, rows) in starts {
      precondition(rows.count == count * network[node].shape.count, "Rows over a node of another size")
      pending[node.index] = rows
    }
  }

  /// A pass that goes on with what another has begun.
  init(_ rows: [Scalar], count: Int, over node: NodeID, regions: [RegionBounds], totals: RowTotals) {
    network = regions[0].network
    precondition(rows.count == count * network[node].shape.count, "Rows over a node of another size")
    precondition(count.isMultiple(of: regions.count), "\(count) rows for \(regions.count) regions")
    self.regions = regions
    self.count = count
    self.totals = totals
    pending = [[Scalar]?](repeating: nil, count: network.nodes.count)
    pending[node.index] = rows
  }

  /// The rows of each region.
  func rows(of region: Int) -> Range<Int> {
    let each = count / regions.count
    return region * each..<(region + 1) * each
  }

  /// Pulls the rows back until only the input is left.
  ///
  /// - Parameter atActivation: called for each activation that rows reach, with the pass (to add constants and
  ///   errors) and the coefficients over the activation's outputs, which it may change.
  @_specialize(where Scalar == Double)
  public mutating func run(_ atActivation: (inout BackwardPass, Node, inout [Scalar]) -> Step) {
    for node in network.nodes.reversed() {
      guard case var rows? = pending[node.id.index] else { continue }
      pending[node.id.index] = nil
      switch node.operation {
      case .input:
        overInput = rows
      case .linear(let layer, let source):
        account(for: layer, at: node.id, source: source, rows)
        add(layer.map.applyTransposed(rows, batch: count), to: source)
      case .sum(let sources):
        for source in sources { add(rows, to: source) }
      case .activation(_, let source):
        switch atActivation(&self, node, &rows) {
        case .toSource: add(rows, to: source)
        case .concretise: concretise(rows, over: node.id)
        case .stop: break
        }
      }
    }
  }

  /// Adds each row's largest value over a node's box to its constant.
  ///
  /// - Complexity: one pass over the rows.
  mutating func concretise(_ rows: [Scalar], over node: NodeID) {
    for (region, bounds) in regions.enumerated() {
      let (centre, radius) = bounds.boxes[node.index].centreAndRadius
      let gamma = RoundingError.gamma(2 * centre.count + 16)
      let sums = self.sums(of: region, rows, width: centre.count) {
        Scalar.largest($0, rows: $1, centre: centre, radius: radius, width: centre.count, $2)
      }
      for (row, sums) in zip(self.rows(of: region), sums) {
        totals.add(sums.value, to: row)
        totals.addError(gamma * sums.reach + RoundingError.underflow, to: row)
      }
    }
  }

  /// After ``run(_:)``, adds each row's largest value over the input box, if it reached the input.
  mutating func concretiseInput() {
    if let rows = overInput { concretise(rows, over: NodeID(0)) }
  }

  /// Relaxes a region's rows along the lines of an activation.
  mutating func relax(_ rows: inout [Scalar], of region: Int = 0, along lines: LinearRelaxation) {
    let ownRows = self.rows(of: region)
    lines.relax(&rows, ownRows) { row, sums in
      totals.add(sums.constant, to: row)
      totals.addError(lines.error(of: sums, in: Scalar.self), to: row)
    }
  }

  /// How wrong the row's value can be, in total.
  public func errorBound(_ row: Int) -> Double { totals.errorBound(row) }

  /// An upper bound of each row's value, once everything was concretised.
  func upperBounds() -> [Double] { totals.upperBounds() }

  /// The constants that a linear layer's biases make, and what pulling rows through the layer may get wrong.
  private mutating func account(for layer: LinearLayer, at node: NodeID, source: NodeID, _ rows: [Scalar]) {
    for (region, bounds) in regions.enumerated() {
      let reach = bounds.reach(of: node, layer, source: source, in: Scalar.self)
      let sums = self.sums(of: region, rows, width: layer.bias.count) {
        Scalar.sum($0, rows: $1, layer.bias, reach: reach.units, width: layer.bias.count, $2)
      }
      for (row, sums) in zip(self.rows(of: region), sums) {
        totals.add(sums.value, to: row)
        totals.addError(sums.reach + reach.underflow, to: row)
      }
    }
  }

  /// What storing the rows changed, on the box of the node that they start from.
  private mutating func addConversionErrors(_ rows: LinearRows, over node: NodeID) {
    guard Scalar.precision == .single, rows.coefficients.contains(where: { Double(Float($0)) != $0 }) else { return }
    for (region, bounds) in regions.enumerated() {
      let magnitudes = bounds.boxes[node.index].magnitudes
      for row in self.rows(of: region) {
        let error = magnitudes.indices.reduce(0.0) { sum, i in
          let exact = rows.coefficients[row * rows.width + i]
          return sum + (exact - Double(Float(exact))).magnitude * magnitudes[i]
        }
        totals.addError(error, to: row)
      }
    }
  }

  private mutating func add(_ rows: [Scalar], to node: NodeID) {
    guard var sum = pending[node.index] else {
      pending[node.index] = rows
      return
    }
    pending[node.index] = nil
    sum.withUnsafeMutableBufferPointer { sum in
      rows.withUnsafeBufferPointer { rows in
        if let to = sum.baseAddress, let from = rows.baseAddress { Scalar.add(from, to: to, count: rows.count) }
      }
    }
    // One rounding for each sum, of its own size: later sums may cancel, its error does not.
    for (region, bounds) in regions.enumerated() {
      let reach = bounds.boxes[node.index].magnitudes.map { 2 * Scalar.unitRoundoff * $0 }
      sum.withUnsafeBufferPointer { sum in
        guard let base = sum.baseAddress else { return }
        for row in self.rows(of: region) {
          totals.addError(Scalar.reach(base + row * reach.count, reach, count: reach.count), to: row)
        }
      }
    }
    pending[node.index] = sum
  }

  /// What a kernel sums over each of a region's rows: it gets the first row, their number and room for the sums.
  private func sums(
    of region: Int, _ rows: [Scalar], width: Int,
    _ kernel: (UnsafePointer<Scalar>, Int, UnsafeMutablePointer<ck_row_sums>) -> Void
  ) -> [ck_row_sums] {
    let ownRows = self.rows(of: region)
    return [ck_row_sums](unsafeUninitializedCapacity: ownRows.count) { sums, initialized in
      rows.withUnsafeBufferPointer { rows in
        if let base = rows.baseAddress, let sums = sums.baseAddress {
          kernel(base + ownRows.lowerBound * width, ownRows.count, sums)
        }
      }
      initialized = ownRows.count
    }
  }
}
