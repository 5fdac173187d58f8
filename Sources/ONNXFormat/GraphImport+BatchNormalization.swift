import Intervals
import Networks

extension GraphImport {
  /// Batch normalisation at inference: `scale·(x − mean)/√(variance + ε) + shift` for each channel (axis 1).
  ///
  /// The factor `scale/√(variance + ε)` and the bias `shift − mean·factor` are enclosed in interval arithmetic; the
  /// layer states how far its coefficients may be from the real ones.
  mutating func batchNormalization(_ node: Operator, _ inputs: [Value]) throws(Fault) -> Value {
    guard inputs.count == 5 else { throw node.malformed("an input is left out") }
    guard try node.integer("training_mode", default: 0) == 0 else { throw .unsupported(reason: "training mode") }
    guard try node.integer("spatial", default: 1) == 1 else {
      throw .unsupported(reason: "statistics of each element (spatial = 0)")
    }
    guard case .variable(let source) = inputs[0] else { throw .unsupported(reason: "applied to a constant") }
    guard source.extents.count >= 2 else {
      throw node.malformed("a tensor of \(source.extents.joined) has no axis of channels")
    }
    let channels = source.extents[1]
    var parameters: [Constant] = []
    for (name, value) in zip(["scale", "bias", "mean", "variance"], inputs.dropFirst()) {
      guard case .constant(let constant) = value else { throw .unsupported(reason: "\(name) is not constant") }
      guard constant.extents == [channels] else {
        throw node.malformed("\(name) of \(constant.extents.joined) for \(channels) channels")
      }
      parameters.append(constant)
    }
    let (scale, shift, mean, variance) = (parameters[0], parameters[1], parameters[2], parameters[3])
    let epsilon = Interval(try node.number("epsilon", default: 1e-5))

    var factors: [Interval] = []
    var biases: [Interval] = []
    for channel in 0..<channels {
      guard variance.values[channel] >= 0 else {
        throw node.malformed("variance[\(channel)] = \(variance.values[channel]) is negative")
      }
      let radicand = variance[channel].sum(epsilon)
      guard radicand.lower > 0, let deviation = radicand.exactSquareRoot() else {
        throw node.malformed("variance[\(channel)] + epsilon = \(radicand.midpoint) is not positive")
      }
      let factor = scale[channel].quotient(deviation)
      factors.append(factor)
      biases.append(shift[channel].difference(mean[channel].product(factor)))
    }
    let factorCentres = Centres(factors)
    let biasCentres = Centres(biases)
    let inner = source.extents.dropFirst(2).reduce(1, *)
    let outer = source.extents[0]
    func spread(_ values: [Double]) -> [Double] {
      let one = values.flatMap { [Double](repeating: $0, count: inner) }
      return (0..<outer).flatMap { _ in one }
    }
    return try linear(
      LinearLayer(
        map: .diagonal(DiagonalMap(factors: spread(factorCentres.centres))), bias: spread(biasCentres.centres),
        coefficientError: factorCentres.relativeError, biasError: spread(biasCentres.radii)),
      of: source.node, extents: source.extents, parameters: source.count, for: node)
  }
}
