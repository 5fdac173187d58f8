import Foundation
import Networks

/// How lower slopes are optimised.
public struct AlphaSettings: Codable, Hashable, Sendable {
  /// How many times the slopes are improved; the bounds of every step count.
  public var iterations: Int
  /// The first step length, in units of the slope; Adam scales each slope's steps to about this.
  public var step: Double
  /// By what the step length is multiplied after each iteration.
  public var decay: Double

  /// The given settings; the defaults are auto_LiRPA's.
  public init(iterations: Int = 20, step: Double = 0.1, decay: Double = 0.98) {
    self.iterations = iterations
    self.step = step
    self.decay = decay
  }
}

/// Lower slopes for each row and each unstable ReLU, improved by gradient descent on the rows' upper bounds (α-CROWN).
///
/// Every slope in `[0, 1]` gives a sound bound, so that the search for good ones may round as it likes: each iteration's
/// bounds are computed by ``BackwardPass`` with all its error terms, and the smallest for each row is kept. The first
/// iteration is CROWN itself.
///
/// With the intermediate ranges held fixed, the gradient needs no automatic differentiation. Pull the rows back, keep
/// the coefficients `a` over each ReLU's output, take the corner of the box where each row is largest, and push it
/// forwards along the lines that were chosen: by the envelope theorem the bound's derivative with respect to a slope is
/// `a·z̃` where the row took the lower line (`a < 0`), z̃ being the pre-activation that comes out; elsewhere it is zero.
/// - Complexity: each iteration one backward pass and one evaluation, both with one vector for each row.
/// - Source: Xu et al. 2021, "Fast and Complete", with the gradient in closed form.
struct AlphaCROWN {
  private let bounds: RegionBounds
  private let rows: LinearRows
  private let start: NodeID
  /// The activation nodes that have lines, by index.
  var layers: [Int: Layer] = [:]

  /// Slopes to start from, those of the given lines (CROWN's own choice), for the nodes that have some.
  init(_ rows: LinearRows, over start: NodeID, bounds: RegionBounds, relaxations: [LinearRelaxation?]) {
    self.bounds = bounds
    self.rows = rows
    self.start = start
    for node in bounds.network.activationNodes where node.id <= start {
      guard case .activation(let activation, _) = node.operation, let lines = relaxations[node.id.index] else {
        continue
      }
      layers[node.id.index] = Layer(
        rows: rows.count, lines: lines, box: bounds.preActivations(of: node), isFree: activation == .relu)
    }
  }

  /// The smallest bound that each row had in any iteration.
  mutating func upperBounds(_ settings: AlphaSettings) -> [Double] {
    var (best, corner) = pass()
    var step = settings.step
    for iteration in 0..<settings.iterations {
      for (node, gradient) in gradients(at: corner) {
        layers[node]?.descend(along: gradient, step: step, iteration: iteration + 1)
      }
      step *= settings.decay
      let (next, nextCorner) = pass()
      best = zip(best, next).map(min)
      corner = nextCorner
    }
    return best
  }

  /// The rows' maximisers: for the input and every node that counted with its box, a value for each row and element.
  typealias Corner = [Int: [Double]]

  /// One backward pass with the slopes as they are.
  mutating func pass() -> (bounds: [Double], corner: Corner) {
    var corner: Corner = [:]
    var layers = self.layers
    var pass = BackwardPass<Double>(rows, over: start, bounds: bounds)
    pass.run { pass, node, coefficients in
      guard var layer = layers[node.id.index] else {
        corner[node.id.index] = Self.maximisers(of: coefficients, over: bounds.boxes[node.id.index])
        return .concretise
      }
      layers[node.id.index] = nil
      layer.relax(&coefficients, in: &pass)
      layers[node.id.index] = layer
      return .toSource
    }
    corner[0] = Self.maximisers(of: pass.inputCoefficients, over: bounds.input)
    pass.concretise(pass.inputCoefficients, over: NodeID(0))
    self.layers = layers
    return (pass.upperBounds(), corner)
  }

  private static func maximisers(of coefficients: [Double], over box: Box) -> [Double] {
    let width = box.count
    return coefficients.indices.map { coefficients[$0] > 0 ? box.upper[$0 % width] : box.lower[$0 % width] }
  }

  /// The sum of all bounds, derived by each node's slopes at the last pass.
  func gradients(at corner: Corner) -> [Int: [Double]] {
    var gradients: [Int: [Double]] = [:]
    // The network at the corner, along the lines that the rows chose.
    var values: [[Double]] = []
    for node in bounds.network.nodes[...start.index] {
      switch node.operation {
      case .input:
        values.append(corner[0] ?? [])
      case .linear(let layer, let source):
        values.append(layer.apply(values[source.index], batch: rows.count))
      case .sum(let sources):
        values.append(
          sources.dropFirst().reduce(values[sources[0].index]) { sum, source in
            zip(sum, values[source.index]).map { $0 + $1 }
          })
      case .activation(_, let source):
        if let layer = layers[node.id.index] {
          values.append(layer.outputs(values[source.index]))
          gradients[node.id.index] = layer.gradient(values[source.index])
        } else {
          // A node that no row reached is never read again.
          values.append(corner[node.id.index] ?? [Double](repeating: 0, count: rows.count * node.shape.count))
        }
      }
    }
    return gradients
  }
}

extension AlphaCROWN {
  /// One activation node's lines, with lower slopes of each row's own.
  struct Layer {
    private var lines: LinearRelaxation
    /// Which units' lower slopes may be chosen: unstable ReLUs.
    let isFree: [Bool]
    /// `[rows, units]`: slopes, and Adam's moments.
    var alpha: [Double] {
      didSet { lines.setLowerSlopes(alpha) }
    }
    private var first, second: [Double]
    /// The coefficients over the outputs, as the last pass met them.
    private var coefficients: [Double]

    /// - Parameter isFree: whether slopes of units without a fixed sign may be chosen.
    init(rows: Int, lines: LinearRelaxation, box: Box, isFree: Bool) {
      self.isFree = (0..<box.count).map { isFree && box.lower[$0] < 0 && box.upper[$0] > 0 }
      let start = lines.lowerSlope
      alpha = (0..<rows).flatMap { _ in start }
      // Made with slopes that are rounded, so that the rounding of any slope is counted.
      self.lines = isFree ? LinearRelaxation(ofReLUOn: box, lowerSlopes: start.map { _ in 0.5 }) : lines
      self.lines.setLowerSlopes(alpha)
      first = [Double](repeating: 0, count: alpha.count)
      second = first
      coefficients = first
    }

    mutating func relax(_ rows: inout [Double], in pass: inout BackwardPass<Double>) {
      coefficients = rows
      pass.relax(&rows, along: lines)
    }

    /// The outputs along the lines that the rows chose.
    func outputs(_ preActivations: [Double]) -> [Double] {
      let width = isFree.count
      return preActivations.indices.map { at in
        let unit = at % width
        return coefficients[at] > 0
          ? lines.upperSlope[unit] * preActivations[at] + lines.upperOffset[unit]
          : alpha[at] * preActivations[at] + lines.lowerOffset[unit]
      }
    }

    /// The bounds' derivatives with respect to the slopes: `a·z̃` where the lower line was taken and may be chosen.
    func gradient(_ preActivations: [Double]) -> [Double] {
      let width = isFree.count
      return preActivations.indices.map { isFree[$0 % width] ? min(0, coefficients[$0]) * preActivations[$0] : 0 }
    }

    /// One step of Adam towards smaller bounds, inside `[0, 1]`.
    ///
    /// - Source: Kingma & Ba 2015, algorithm 1.
    mutating func descend(along gradient: [Double], step: Double, iteration: Int) {
      let (beta1, beta2) = (0.9, 0.999)
      let (scale1, scale2) = (1 - pow(beta1, Double(iteration)), 1 - pow(beta2, Double(iteration)))
      var next = alpha
      for i in gradient.indices where gradient[i].isFinite && isFree[i % isFree.count] {
        first[i] = beta1 * first[i] + (1 - beta1) * gradient[i]
        second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] * gradient[i]
        next[i] -= step * (first[i] / scale1) / ((second[i] / scale2).squareRoot() + 1e-8)
        next[i] = min(1, max(0, next[i]))
      }
      alpha = next
    }
  }
}
