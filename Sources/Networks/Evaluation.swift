/// The values of every node for a batch of inputs, in ordinary double precision.
///
/// For searching, not for proving: see ``Network/enclosure(at:)`` for values with an error bound.
public struct Evaluation: Sendable {
  /// The network that was evaluated.
  public let network: Network
  /// How many inputs.
  public let batch: Int
  /// For each node, `batch` values of the node's size, one after the other.
  public let values: [[Double]]

  /// The output of each input, one after the other.
  public var outputs: [Double] { values[network.output.index] }
}

extension LinearLayer {
  /// `W·x + b` for each of `batch` vectors stored one after the other, with ordinary rounding.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  public func apply<Scalar: AnalysisScalar>(_ inputs: [Scalar], batch: Int) -> [Scalar] {
    var result = map.apply(inputs, batch: batch)
    let bias = self.bias.map { Scalar($0) }
    result.withUnsafeMutableBufferPointer { result in
      for vector in 0..<batch {
        for i in 0..<bias.count { result[vector * bias.count + i] += bias[i] }
      }
    }
    return result
  }
}

extension Network {
  /// Evaluates a batch of inputs stored one after the other.
  ///
  /// - Precondition: `inputs` has `batch · inputCount` elements.
  public func evaluate(_ inputs: [Double], batch: Int = 1) -> Evaluation {
    precondition(
      inputs.count == batch * inputCount, "\(inputs.count) elements are not \(batch) inputs of \(inputCount)")
    var values: [[Double]] = []
    values.reserveCapacity(nodes.count)
    for node in nodes {
      switch node.operation {
      case .input:
        values.append(inputs)
      case .linear(let layer, let source):
        values.append(layer.apply(values[source.index], batch: batch))
      case .sum(let sources):
        var result = [Double](repeating: 0, count: batch * node.shape.count)
        for source in sources {
          let term = values[source.index]
          for i in result.indices { result[i] += term[i] }
        }
        values.append(result)
      case .activation(let activation, let source):
        values.append(values[source.index].map { activation($0) })
      }
    }
    return Evaluation(network: self, batch: batch, values: values)
  }

  /// The outputs of a batch of inputs, one after the other.
  public func outputs(_ inputs: [Double], batch: Int = 1) -> [Double] {
    evaluate(inputs, batch: batch).outputs
  }
}

extension Evaluation {
  /// The gradient of a scalar function of the outputs with respect to the inputs.
  ///
  /// - Parameter seed: its gradient with respect to the outputs, `batch · outputCount` elements.
  /// - Returns: `batch · inputCount` elements.
  /// - Complexity: about one evaluation.
  public func inputGradient(seed: [Double]) -> [Double] {
    var gradients = [[Double]?](repeating: nil, count: network.nodes.count)
    gradients[network.output.index] = seed

    func add(_ gradient: [Double], to id: NodeID) {
      guard var sum = gradients[id.index] else {
        gradients[id.index] = gradient
        return
      }
      gradients[id.index] = nil
      for i in sum.indices { sum[i] += gradient[i] }
      gradients[id.index] = sum
    }

    for node in network.nodes.reversed() {
      guard case let gradient? = gradients[node.id.index] else { continue }
      switch node.operation {
      case .input:
        return gradient
      case .linear(let layer, let source):
        add(layer.map.applyTransposed(gradient, batch: batch), to: source)
      case .sum(let sources):
        for source in sources { add(gradient, to: source) }
      case .activation(let activation, let source):
        var scaled = gradient
        let preActivations = values[source.index]
        for i in scaled.indices { scaled[i] *= activation.derivative(preActivations[i]) }
        add(scaled, to: source)
      }
      gradients[node.id.index] = nil
    }
    return [Double](repeating: 0, count: batch * network.inputCount)
  }
}
