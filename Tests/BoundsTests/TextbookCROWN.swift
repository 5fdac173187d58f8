import Bounds
import Networks

/// CROWN as auto_LiRPA runs it on a chain of layers, without any account of rounding: to find out what a difference
/// between its bounds and ours comes from.
///
/// The ranges of units that interval propagation leaves unstable come from backward passes *alone*; ours are intersected
/// with those of interval propagation, and the gain is propagated.
struct TextbookCROWN {
  private let layers: [LinearLayer]
  private let input: Box
  /// For each layer but the last, the range of each of its outputs.
  private(set) var ranges: [Box] = []

  /// The ranges of all pre-activations; nil if the network is no chain of layers with ReLUs between them.
  ///
  /// - Parameter intersects: whether ranges are intersected with those of interval propagation after all.
  init?(_ network: Network, over input: Box, intersects: Bool) {
    var layers: [LinearLayer] = []
    for node in network.nodes.dropFirst() {
      switch node.operation {
      case .linear(let layer, _): layers.append(layer)
      case .activation(.relu, _): continue
      default: return nil
      }
    }
    self.layers = layers
    self.input = input
    var values = input
    for (i, layer) in layers.dropLast().enumerated() {
      var box = layer.image(of: values)
      let unstable = (0..<box.count).filter { box.lower[$0] < 0 && box.upper[$0] > 0 }
      if i > 0, !unstable.isEmpty {
        let upper = upperBounds(of: .elements(unstable, width: box.count), through: i)
        let lower = upperBounds(of: .elements(unstable, coefficient: -1, width: box.count), through: i).map { -$0 }
        var ends = (lower: box.lower, upper: box.upper)
        for (k, unit) in unstable.enumerated() {
          ends.lower[unit] = intersects ? max(lower[k], ends.lower[unit]) : lower[k]
          ends.upper[unit] = intersects ? min(upper[k], ends.upper[unit]) : upper[k]
        }
        box = Box(lower: ends.lower, upper: ends.upper)
      }
      ranges.append(box)
      // Interval propagation goes on from the better boxes, or from its own.
      let before = intersects ? box : layer.image(of: values)
      values = Box(lower: before.lower.map { max(0, $0) }, upper: before.upper.map { max(0, $0) })
    }
  }

  /// Upper bounds of rows over the network's outputs.
  func upperBounds(of rows: LinearRows) -> [Double] { upperBounds(of: rows, through: layers.count - 1) }

  private func upperBounds(of rows: LinearRows, through last: Int) -> [Double] {
    var coefficients = rows.coefficients
    var constants = [Double](repeating: 0, count: rows.count)
    for i in stride(from: last, through: 0, by: -1) {
      let width = layers[i].bias.count
      for row in 0..<rows.count {
        for k in 0..<width { constants[row] += coefficients[row * width + k] * layers[i].bias[k] }
      }
      coefficients = layers[i].map.applyTransposed(coefficients, batch: rows.count)
      if i > 0 { relax(&coefficients, &constants, on: ranges[i - 1]) }
    }
    for row in 0..<rows.count {
      for k in 0..<input.count {
        let a = coefficients[row * input.count + k]
        constants[row] += a * (a > 0 ? input.upper[k] : input.lower[k])
      }
    }
    return constants
  }

  private func relax(_ coefficients: inout [Double], _ constants: inout [Double], on range: Box) {
    for row in constants.indices {
      for k in 0..<range.count where range.lower[k] < 0 {
        let (l, u) = (range.lower[k], range.upper[k])
        let at = row * range.count + k
        let a = coefficients[at]
        if u <= 0 {
          coefficients[at] = 0
        } else if a > 0 {
          coefficients[at] = a * u / (u - l)
          constants[row] -= a * u * l / (u - l)
        } else if u <= -l {
          coefficients[at] = 0
        }
      }
    }
  }
}
