import Datasets
import Foundation
import Networks
import Tensors
import Verification

/// Everything that a study's results depend on besides the model and the images.
public struct StudySettings: Codable, Hashable, Sendable {
  /// The radius of the ℓ∞ ball around each image, in units of the input: bytes are scaled to [0, 1].
  public var epsilon: Double
  /// The estimates to make, in the order in which they are shown.
  public var methods: [MarginEstimate]
  /// How the exact value is computed.
  public var exact: ExactSettings
  /// How the estimates are made.
  public var estimates: EstimateSettings

  /// The given settings.
  public init(
    epsilon: Double, methods: [MarginEstimate] = MarginEstimate.usual, exact: ExactSettings = ExactSettings(),
    estimates: EstimateSettings = .study
  ) {
    self.epsilon = epsilon
    self.methods = methods
    self.exact = exact
    self.estimates = estimates
  }

  /// The settings as one JSON object with sorted keys, for a study's identity: all but the time limit.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

/// Why a study stopped.
public enum StudyError: Error, Sendable, CustomStringConvertible {
  /// The images do not fit the network.
  case imagesDoNotFit(String)
  /// A sample has no result.
  case sample(index: Int, VerificationError)
  /// Its region makes no sense.
  case region(index: Int, RegionError)
  /// The store refused a row.
  case store(StoreError)

  public var description: String {
    switch self {
    case .imagesDoNotFit(let reason): reason
    case .sample(let index, let error): "sample \(index): \(error)"
    case .region(let index, let error): "sample \(index): \(error)"
    case .store(let error): error.description
    }
  }
}

/// Runs a network's samples through the exact computation and the estimates, one row each.
public struct StudyRunner: Sendable {
  private let network: Network
  private let images: LabelledImages
  private let settings: StudySettings

  /// A runner.
  ///
  /// - Throws: ``StudyError/imagesDoNotFit(_:)``.
  public init(network: Network, images: LabelledImages, settings: StudySettings) throws(StudyError) {
    try Self.requireFit(images, to: network)
    self.network = network
    self.images = images
    self.settings = settings
  }

  /// Refuses images that the network does not take, or whose labels have no output.
  ///
  /// - Throws: ``StudyError/imagesDoNotFit(_:)``.
  public static func requireFit(_ images: LabelledImages, to network: Network) throws(StudyError) {
    // Batch and channel axes of one element are written or left out at every exporter's pleasure.
    func essential(_ shape: Shape) -> [Int] { shape.extents.filter { $0 > 1 } }
    let taken = essential(network.inputShape)
    guard taken == essential(images.shape) || taken == [images.shape.count] else {
      let image = essential(images.shape)
      // Arrays from TensorFlow have the channels at the end.
      let turned = image.count == 3 && [image[2], image[0], image[1]] == taken
      throw .imagesDoNotFit(
        "the network takes inputs of shape \(network.inputShape), the images of \(images.name) have \(images.shape)"
          + (turned ? ": save them with the channels first, `numpy.moveaxis(images, -1, 1)`" : ""))
    }
    guard images.classes.fits(outputs: network.outputCount), network.outputCount >= 2 else {
      throw .imagesDoNotFit(
        "the network has \(network.outputCount) outputs, \(images.name) has \(images.classCount) classes")
    }
  }

  /// Computes the samples that the store does not hold yet, each stored as soon as it is known.
  ///
  /// - Parameters:
  ///   - samples: positions in the data set, all inside it.
  ///   - store: where rows go, and which ones are there.
  ///   - workers: how many samples are in flight; the results do not depend on them.
  ///   - observe: called for each event, one at a time, on any thread.
  /// - Throws: the first ``StudyError``; samples stored before stay stored.
  public func run(
    samples: [Int], store: StudyStore, workers: Workers, observe: @escaping @Sendable (StoreEvent<SampleRecord>) -> Void
  ) throws(StudyError) {
    try store.complete(samples, timeout: settings.exact.timeout, workers: workers, observe: observe) {
      index throws(StudyError) in
      try record(of: index)
    }
  }

  /// Everything about one sample, as ``measure(_:)`` does it.
  public func record(of index: Int) throws(StudyError) -> SampleRecord {
    try measure(index).record
  }

  /// Everything about one sample, and the bracket that it was taken from.
  ///
  /// That its outputs overflow is a result: a record without a value, and without a bracket. A contradiction is none: it
  /// says that the tool is wrong, here and perhaps elsewhere.
  ///
  /// - Throws: ``StudyError/region(index:_:)``, or ``StudyError/sample(index:_:)`` for a contradiction.
  public func measure(_ index: Int) throws(StudyError) -> (record: SampleRecord, bracket: MarginBracket?) {
    let image = images.image(index)
    let label = images.label(index)
    let picture = StoredImage(image, shape: images.shape, range: images.validRange)
    let clock = Deadline(seconds: .infinity)
    let region: Region
    do {
      region = try Region(ballAround: image, radius: settings.epsilon, validRange: images.validRange)
    } catch {
      throw .region(index: index, error)
    }
    let bracket: MarginBracket
    do throws(VerificationError) {
      bracket = try ExactMargin.bracket(
        of: network, over: region, label: label, sample: index, settings: settings.exact)
    } catch .overflow {
      let record = SampleRecord(
        withoutValue: index, label: label, seconds: clock.elapsed, timeout: settings.exact.timeout, image: picture)
      return (record, nil)
    } catch {
      throw .sample(index: index, error)
    }
    let estimator = MarginEstimator(
      network: network, region: region, label: label, sample: index, settings: settings.estimates)
    var estimates: [String: Double] = [:]
    var seconds: [String: Double] = [:]
    for method in settings.methods {
      let clock = Deadline(seconds: .infinity)
      estimates[method.rawValue] = estimator.estimate(method)
      seconds[method.rawValue] = clock.elapsed
    }
    let outputs = network.outputs(image)
    let predicted = outputs.allSatisfy(\.isFinite) ? outputs.indices.max { outputs[$0] < outputs[$1] } : nil
    let record = SampleRecord(
      index: index, label: label, predicted: predicted, lower: bracket.lower.margin, upper: bracket.upper,
      adversarialClass: bracket.lower.adversarialClass, status: bracket.openReason == nil ? .exact : .bracket,
      reason: bracket.openReason?.rawValue, estimates: estimates, estimateSeconds: seconds,
      unstable: bracket.unstable, seconds: bracket.seconds, timeout: settings.exact.timeout,
      witness: bracket.lower.input, image: picture)
    return (record, bracket)
  }
}
