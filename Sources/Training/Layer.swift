/// One layer of a network in training: a small closed set, so that each pass is one exhaustive switch.
///
/// Values are flat rows, channel-major, so flattening is no layer.
enum Layer: Hashable, Sendable {
  /// `y = W·x + b` with trained W and b.
  case affine(AffineLayer)
  /// `y = max(x, 0)`.
  case relu(count: Int)
  /// `y = factor·x + offset` with fixed numbers for each channel.
  case normalisation(Normalisation)
  /// `y = γ·(x − mean)/deviation + β` with trained γ and β, and statistics of the batch.
  case batchNormalisation(BatchNormalisation)

  var inputCount: Int {
    switch self {
    case .affine(let layer): layer.inputCount
    case .relu(let count): count
    case .normalisation(let layer): layer.count
    case .batchNormalisation(let layer): layer.count
    }
  }

  var outputCount: Int {
    switch self {
    case .affine(let layer): layer.outputCount
    case .relu(let count): count
    case .normalisation(let layer): layer.count
    case .batchNormalisation(let layer): layer.count
    }
  }

  /// How many trained numbers it has.
  var parameterCount: Int {
    switch self {
    case .affine(let layer): layer.weightCount + layer.biasCount
    case .batchNormalisation(let layer): layer.parameterCount
    case .relu, .normalisation: 0
    }
  }
}

/// The fixed map `(x − mean)/deviation` of each channel, as a factor and an offset in single precision.
///
/// What is trained, and exported, is the network with exactly these two numbers.
struct Normalisation: Hashable, Sendable {
  let factors, offsets: [Float]
  /// The number of elements of a channel.
  let area: Int

  /// - Precondition: as many means as deviations, and no deviation is zero.
  init(means: [Double], deviations: [Double], area: Int) {
    precondition(means.count == deviations.count && !deviations.contains(0), "Unusable normalisation constants")
    factors = deviations.map { Float(1 / $0) }
    offsets = zip(means, deviations).map { Float(-$0 / $1) }
    self.area = area
  }

  var count: Int { factors.count * area }

  /// `outputs = factor·inputs + offset`; without the offset for gradients.
  func apply(
    to inputs: UnsafePointer<Float>, batch: Int, withOffset: Bool, magnitude: Bool,
    into outputs: UnsafeMutablePointer<Float>
  ) {
    for vector in 0..<batch {
      for (channel, signed) in factors.enumerated() {
        let factor = magnitude ? abs(signed) : signed
        let offset = withOffset ? offsets[channel] : 0
        let from = inputs + vector * count + channel * area
        let to = outputs + vector * count + channel * area
        for i in 0..<area { to[i] = factor * from[i] + offset }
      }
    }
  }
}
