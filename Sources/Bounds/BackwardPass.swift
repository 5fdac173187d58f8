import CKernels
import Intervals
import Networks

/// Rows over a network's values, pulled backwards node by node towards the input.
///
/// Whoever runs the pass decides what happens at an activation: relax it (CROWN), fold it away (region networks), or
/// stop there and take its box (IBP with last-layer elision). What is common lies here: the order, the products,
/// and the account of rounding errors.
///
/// - Soundness: at any moment, for every input of the region, each row's real value is at most
///   `constant + error + Σ coefficients·(values of the nodes still to visit)` in real arithmetic, for the stored
///   coefficients; and at least the same with `−error`, as long as activations were folded, not relaxed.
/// - Source: Zhang et al. 2018 (CROWN), Singh et al. 2019 (DeepPoly); rounding as in the architecture, section 4.
public struct BackwardPass {
  /// What to do with rows that have reached an activation.
  public enum Step {
    /// The coefficients now apply to the pre-activations: go on.
    case toSource
    /// Take the largest value over the node's own box.
    case concretise
    /// Nothing: whoever runs the pass has taken the coefficients over the activation's outputs.
    case stop
  }

  /// The boxes of the region.
  public let bounds: RegionBounds
  /// The number of rows.
  public let count: Int
  /// What the rows have gathered so far.
  var totals: RowTotals
  /// For each row, the constant gathered so far.
  public var constants: [Double] { totals.constants }
  /// After ``run(_:)``, the rows over the input, `count · inputCount`, if they were not concretised earlier.
  public private(set) var inputCoefficients: [Double]

  private var pending: [[Double]?]

  /// A pass that starts with rows over the value of one node.
  public init(_ rows: LinearRows, over node: NodeID, bounds: RegionBounds) {
    self.init(
      rows, over: node, bounds: bounds,
      totals: RowTotals(count: rows.count, accountsForRounding: bounds.accountsForRounding))
  }

  /// A pass that goes on with what another has begun.
  init(_ rows: LinearRows, over node: NodeID, bounds: RegionBounds, totals: RowTotals) {
    precondition(
      rows.width == bounds.network[node].shape.count, "Rows of \(rows.width) over a node of another size")
    self.bounds = bounds
    count = rows.count
    self.totals = totals
    inputCoefficients = [Double](repeating: 0, count: rows.count * bounds.network.inputCount)
    pending = [[Double]?](repeating: nil, count: bounds.network.nodes.count)
    pending[node.index] = rows.coefficients
  }

  /// Pulls the rows back until only the input is left.
  ///
  /// - Parameter atActivation: called for each activation that rows reach, with the pass (to add constants and
  ///   errors) and the coefficients over the activation's outputs, which it may change.
  public mutating func run(_ atActivation: (inout BackwardPass, Node, inout [Double]) -> Step) {
    for node in bounds.network.nodes.reversed() {
      guard case var rows? = pending[node.id.index] else { continue }
      pending[node.id.index] = nil
      switch node.operation {
      case .input:
        inputCoefficients = rows
      case .linear(let layer, let source):
        addConstants(rows, layer.bias)
        addErrors(rows, reach: bounds.errorReach[node.id.index])
        for row in 0..<count { totals.addError(bounds.underflowReach[node.id.index], to: row) }
        add(layer.map.applyTransposed(rows, batch: count), to: source)
      case .sum(let sources):
        for source in sources { add(rows, to: source) }
      case .activation(_, let source):
        switch atActivation(&self, node, &rows) {
        case .toSource: add(rows, to: source)
        case .concretise: concretise(rows, over: bounds.boxes[node.id.index])
        case .stop: break
        }
      }
    }
  }

  /// Adds each row's largest value over a box to its constant.
  ///
  /// - Complexity: three dot products a row.
  mutating func concretise(_ rows: [Double], over box: Box) {
    let (centre, radius) = box.centreAndRadius
    let width = centre.count
    let reach = zip(centre, radius).map { $0.magnitude + $1 }
    let gamma = RoundingError.gamma(2 * width + 16)
    rows.withUnsafeBufferPointer { rows in
      guard let base = rows.baseAddress else { return }
      for row in 0..<count {
        let coefficients = base + row * width
        totals.add(ck_dot(coefficients, centre, width) + ck_magnitude_dot(coefficients, radius, width), to: row)
        guard bounds.accountsForRounding else { continue }
        totals.addError(
          gamma * ck_magnitude_dot(coefficients, reach, width) + RoundingError.underflow, to: row)
      }
    }
  }

  /// Adds `Σ |rows|·reach` to each row's error.
  mutating func addErrors(_ rows: [Double], reach: [Double]) {
    guard bounds.accountsForRounding else { return }
    let width = reach.count
    rows.withUnsafeBufferPointer { rows in
      guard let base = rows.baseAddress else { return }
      for row in 0..<count { totals.addError(ck_magnitude_dot(base + row * width, reach, width), to: row) }
    }
  }

  /// How wrong the row's value can be, in total.
  public func errorBound(_ row: Int) -> Double { totals.errorBound(row) }

  /// An upper bound of each row's value, once everything was concretised.
  func upperBounds() -> [Double] { totals.upperBounds() }

  private mutating func addConstants(_ rows: [Double], _ bias: [Double]) {
    let width = bias.count
    rows.withUnsafeBufferPointer { rows in
      guard let base = rows.baseAddress else { return }
      for row in 0..<count { totals.add(ck_dot(base + row * width, bias, width), to: row) }
    }
  }

  private mutating func add(_ rows: [Double], to node: NodeID) {
    guard var sum = pending[node.index] else {
      pending[node.index] = rows
      return
    }
    pending[node.index] = nil
    for i in sum.indices { sum[i] += rows[i] }
    // One rounding for each sum, of its own size: later sums may cancel, its error does not.
    addErrors(sum, reach: bounds.boxes[node.index].magnitudes.map { 2 * RoundingError.unit * $0 })
    pending[node.index] = sum
  }
}
