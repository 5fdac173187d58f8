/// What a training run does: a plain value, checked once by ``validate()`` and stored with its results.
///
/// Keys in files are the property names with hyphens, such as `batch-size`; what a file leaves out keeps the
/// default given here, or the preset's value where the file names one.
public struct TrainingConfiguration: Codable, Hashable, Sendable {
  /// The loss that is minimised.
  public enum Method: String, Codable, Sendable, CaseIterable {
    /// Cross-entropy at the images themselves.
    case standard
    /// Cross-entropy of the interval bound's upper margins (Gowal et al. 2018, Shi et al. 2021).
    case ibp
  }

  /// The data set's name, as the command line knows it.
  public var dataset = "mnist"
  /// The family of networks.
  public var architecture = Architecture.cnn3
  /// Channels of the convolutions, or sizes of the hidden layers.
  public var widths = [16, 32]
  /// The fixed normalisation `(x − mean)/deviation` in front of the network, for each channel; empty for none.
  public var means: [Double] = []
  /// The deviations that belong to `means`.
  public var deviations: [Double] = []

  /// The loss that is minimised.
  public var method = Method.ibp
  /// The ℓ∞ radius trained for, in units of the pixel range [0, 1]; not used by `standard`.
  public var epsilon = 0.1
  /// Passes over the training images.
  public var epochs = 70
  /// Images per optimiser step.
  public var batchSize = 256
  /// Epochs at radius 0 before the radius grows.
  public var naturalEpochs = 0
  /// Epochs over which the radius grows to `epsilon`.
  public var rampEpochs = 20
  /// How it grows.
  public var ramp = RadiusSchedule.Form.smooth
  /// The natural loss's share of the loss at the start of the ramp, in 0...1; the robust loss has the rest.
  public var naturalWeightStart = 0.0
  /// The same share at the end of the ramp and after it; between the two it moves linearly in steps.
  public var naturalWeight = 0.0
  /// The weight of the regulariser of Shi et al. at ε = 0; it falls to 0 as ε grows. 0 turns it off.
  public var regulariser = 0.5

  /// How weights are drawn; left out, `interval` for `ibp` and `kaiming` for `standard`.
  public var initialisation: Initialisation?
  /// Adam's rate at first.
  public var learningRate = 5e-4
  /// The epochs, counted from 0, at which the rate drops.
  public var learningRateMilestones = [50, 60]
  /// The factor of each drop.
  public var learningRateDecay = 0.2
  /// The ℓ₂ norm to which a step's gradient is clipped.
  public var gradientClip = 10.0

  /// The seed of the initial weights and of the order of the images.
  public var seed: UInt64 = 1
  /// Worker threads. The result does not depend on them.
  public var threads = 2

  /// The default configuration.
  public init() {}

  enum CodingKeys: String, CodingKey, CaseIterable {
    case dataset, architecture, widths, means, deviations, method, epsilon, epochs, ramp, regulariser
    case initialisation, seed, threads
    case batchSize = "batch-size"
    case naturalEpochs = "natural-epochs"
    case rampEpochs = "ramp-epochs"
    case naturalWeightStart = "natural-weight-start"
    case naturalWeight = "natural-weight"
    case learningRate = "learning-rate"
    case learningRateMilestones = "learning-rate-milestones"
    case learningRateDecay = "learning-rate-decay"
    case gradientClip = "gradient-clip"
  }

  /// Reads what is there; the rest keeps its default.
  public init(from decoder: any Decoder) throws {
    try self.init(from: decoder, over: TrainingConfiguration())
  }

  /// Reads what is there over a base.
  init(from decoder: any Decoder, over base: TrainingConfiguration) throws {
    self = base
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
      if let found = try keys.decodeIfPresent(Value.self, forKey: key) { value = found }
    }
    try read(.dataset, &dataset)
    try read(.architecture, &architecture)
    try read(.widths, &widths)
    try read(.means, &means)
    try read(.deviations, &deviations)
    try read(.method, &method)
    if let radius = try keys.decodeIfPresent(FractionOrNumber.self, forKey: .epsilon) { epsilon = radius.value }
    try read(.epochs, &epochs)
    try read(.batchSize, &batchSize)
    try read(.naturalEpochs, &naturalEpochs)
    try read(.rampEpochs, &rampEpochs)
    try read(.ramp, &ramp)
    try read(.naturalWeightStart, &naturalWeightStart)
    try read(.naturalWeight, &naturalWeight)
    try read(.regulariser, &regulariser)
    initialisation = try keys.decodeIfPresent(Initialisation.self, forKey: .initialisation) ?? initialisation
    try read(.learningRate, &learningRate)
    try read(.learningRateMilestones, &learningRateMilestones)
    try read(.learningRateDecay, &learningRateDecay)
    try read(.gradientClip, &gradientClip)
    try read(.seed, &seed)
    try read(.threads, &threads)
  }

  /// Refuses values that make no sense.
  ///
  /// - Throws: ``ConfigurationError/outOfRange(key:value:reason:)`` for the first of them.
  public func validate() throws(ConfigurationError) {
    func require(_ holds: Bool, _ key: CodingKeys, _ value: Any, _ reason: String) throws(ConfigurationError) {
      guard holds else { throw .outOfRange(key: key.rawValue, value: "\(value)", reason: reason) }
    }
    try require(widths.allSatisfy { $0 > 0 }, .widths, widths, "must be positive")
    try require(
      architecture != .cnn3 || widths.count == 2, .widths, widths, "cnn3 has two: the channels of its convolutions")
    try require(means.count == deviations.count, .deviations, deviations, "must be as many as means")
    try require(means.allSatisfy(\.isFinite), .means, means, "must be finite")
    try require(
      deviations.allSatisfy { $0 > 0 && $0.isFinite }, .deviations, deviations, "must be positive")
    try require(epsilon >= 0 && epsilon <= 1, .epsilon, epsilon, "must lie in 0...1")
    try require((1...100_000).contains(epochs), .epochs, epochs, "must lie in 1...100000")
    try require((1...65_536).contains(batchSize), .batchSize, batchSize, "must lie in 1...65536")
    try require((0...100_000).contains(naturalEpochs), .naturalEpochs, naturalEpochs, "must lie in 0...100000")
    try require((0...100_000).contains(rampEpochs), .rampEpochs, rampEpochs, "must lie in 0...100000")
    for (key, value) in [(CodingKeys.naturalWeightStart, naturalWeightStart), (.naturalWeight, naturalWeight)] {
      try require(value >= 0 && value <= 1, key, value, "must lie in 0...1")
    }
    try require(regulariser >= 0 && regulariser.isFinite, .regulariser, regulariser, "must not be negative")
    try require(learningRate > 0 && learningRate <= 1, .learningRate, learningRate, "must lie in 0 < rate <= 1")
    try require(
      learningRateMilestones.allSatisfy { $0 >= 0 }, .learningRateMilestones, learningRateMilestones,
      "must not be negative")
    try require(
      learningRateDecay > 0 && learningRateDecay <= 1, .learningRateDecay, learningRateDecay,
      "must lie in 0 < factor <= 1")
    try require(gradientClip > 0, .gradientClip, gradientClip, "must be positive")
    try require((1...1024).contains(threads), .threads, threads, "must lie in 1...1024")
  }
}

/// A number written as such or as a fraction, `2/255`.
private struct FractionOrNumber: Decodable {
  let value: Double

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      value = number
      return
    }
    let text = try container.decode(String.self)
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      .map { Double($0.trimmingPrefix(while: \.isWhitespace)) }
    guard parts.count == 2, let top = parts[0], let bottom = parts[1], bottom != 0 else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a number or a fraction such as 2/255")
    }
    value = top / bottom
  }
}
