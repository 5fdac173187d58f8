import Foundation
import Tensors

/// How weights are drawn before training.
public enum Initialisation: String, Codable, Sendable, CaseIterable {
  /// Weights uniform in `±√(6/fan-in)` (He et al. 2015), the last layer's in `±1/√fan-in`.
  case kaiming
  /// Weights normal with deviation `√(2π)/fan-in`, which keeps the mean width of a box from layer to layer; the
  /// last layer's uniform in `±1/√fan-in` (Shi et al. 2021).
  case interval

  /// Draws all parameters of a stack. Biases are uniform in `±1/√fan-in` either way; batch
  /// normalisations begin with γ = 1 and β = 0.
  ///
  /// Each layer has a stream of its own, so that a layer's draw does not depend on the others.
  func parameters(of stack: LayerStack, seed: UInt64) -> [Float] {
    var parameters = [Float](repeating: 0, count: stack.parameterCount)
    for (index, layer) in stack.layers.enumerated() {
      if case .batchNormalisation(let normalisation) = layer {
        for channel in 0..<normalisation.channels { parameters[stack.offsets[index] + channel] = 1 }
      }
      guard case .affine(let affine) = layer else { continue }
      var stream = RandomStream(seed: seed, purpose: "initial weights", index: index)
      let offset = stack.offsets[index]
      let fanIn = Double(affine.fanIn)
      let isLast = index == stack.layers.count - 1
      let bound = 1 / fanIn.squareRoot()
      for i in 0..<affine.weightCount {
        let weight =
          switch self {
          case _ where isLast: stream.uniform(-bound, bound)
          case .kaiming: stream.uniform(-1, 1) * (6 / fanIn).squareRoot()
          case .interval: stream.normal() * (2 * Double.pi).squareRoot() / fanIn
          }
        parameters[offset + i] = Float(weight)
      }
      for i in 0..<affine.biasCount {
        parameters[offset + affine.weightCount + i] = Float(stream.uniform(-bound, bound))
      }
    }
    return parameters
  }
}
