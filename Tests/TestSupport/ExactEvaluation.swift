import Intervals
import Networks

/// The judge: a network's value at a point in exact rational arithmetic, straight from the definitions and
/// sharing no product, sum or rounding with the code under test.
///
/// Slow; for networks of a few hundred coefficients.
public func exactValues(of network: Network, at point: [Double]) -> [[Rational]] {
  var values: [[Rational]] = []
  for node in network.nodes {
    switch node.operation {
    case .input: values.append(point.map { exact($0) })
    case .linear, .sum: values.append(node.exactValue(from: values))
    case .activation(let activation, let source):
      switch activation {
      case .relu: values.append(values[source.index].map { max($0, .zero) })
      case .sigmoid, .tanh: preconditionFailure("\(activation.name) takes rational numbers out of the rationals")
      }
    }
  }
  return values
}

/// What linear maps can be applied to exactly: numbers, or functions of some variables.
protocol ExactValue {
  static var zero: Self { get }
  /// A finite double's own value.
  init(constant: Double)
  static func + (a: Self, b: Self) -> Self
  static func * (factor: Double, value: Self) -> Self
}

extension Rational: ExactValue {
  init(constant: Double) { self = exact(constant) }
  static func * (factor: Double, value: Rational) -> Rational { exact(factor) * value }
}

extension Node {
  /// The node's value from those of its sources, by node index.
  ///
  /// - Precondition: it is a linear map or a sum.
  func exactValue<Value: ExactValue>(from values: [[Value]]) -> [Value] {
    switch operation {
    case .linear(let layer, let source):
      return zip(exactProduct(layer.map, values[source.index]), layer.bias).map { $0 + Value(constant: $1) }
    case .sum(let sources):
      var total = values[sources[0].index]
      for source in sources.dropFirst() { total = zip(total, values[source.index]).map { $0 + $1 } }
      return total
    case .input, .activation: preconditionFailure("Node \(id.index) is neither a linear map nor a sum")
    }
  }
}

/// The exact value of a finite double.
public func exact(_ value: Double) -> Rational {
  guard let rational = Rational(value) else { preconditionFailure("\(value) is not finite") }
  return rational
}

private func exactProduct<Value: ExactValue>(_ map: LinearMap, _ input: [Value]) -> [Value] {
  switch map {
  case .dense(let map):
    var result: [Value] = []
    for block in 0..<map.blocks {
      for row in 0..<map.rows {
        var sum = Value.zero
        for column in 0..<map.columns {
          sum = sum + map.weights[row * map.columns + column] * input[block * map.columns + column]
        }
        result.append(sum)
      }
    }
    return result
  case .diagonal(let map):
    return zip(map.factors, input).map { $0 * $1 }
  case .gather(let map):
    return map.sources.map { $0 < 0 ? .zero : input[$0] }
  case .convolution(let map):
    let g = map.geometry
    let groupInputs = g.channels / g.groups
    let groupOutputs = g.outputChannels / g.groups
    var result: [Value] = []
    for o in 0..<g.outputChannels {
      let group = o / groupOutputs
      for y in 0..<g.outputHeight {
        for x in 0..<g.outputWidth {
          var sum = Value.zero
          for c in 0..<groupInputs {
            for i in 0..<g.kernelHeight {
              for j in 0..<g.kernelWidth {
                let row = y * g.strideHeight + i * g.dilationHeight - g.padTop
                let column = x * g.strideWidth + j * g.dilationWidth - g.padLeft
                guard row >= 0, row < g.height, column >= 0, column < g.width else { continue }
                let weight = map.weights[((o * groupInputs + c) * g.kernelHeight + i) * g.kernelWidth + j]
                let channel = group * groupInputs + c
                sum = sum + weight * input[(channel * g.height + row) * g.width + column]
              }
            }
          }
          result.append(sum)
        }
      }
    }
    return result
  }
}
