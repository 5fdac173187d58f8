import Bounds
import Datasets
import Networks
import Synchronization
import Tensors

/// What a survey's results depend on besides the model and the images.
public struct BoundSurveySettings: Codable, Hashable, Sendable {
  /// The radius of the ℓ∞ ball around each image, in units of the input.
  public var epsilon: Double
  /// The methods to compare, in the order in which they are shown.
  public var methods: [BoundMethod]
  /// How they are run.
  public var running: MethodSettings
  /// Whether ``RegionStatistics`` are made.
  public var withStatistics: Bool
  /// The seed of the statistics' random points.
  public var seed: UInt64

  /// The given settings.
  public init(
    epsilon: Double, methods: [BoundMethod] = BoundMethod.allCases, running: MethodSettings = MethodSettings(),
    withStatistics: Bool = true, seed: UInt64 = 1
  ) {
    self.epsilon = epsilon
    self.methods = methods
    self.running = running
    self.withStatistics = withStatistics
    self.seed = seed
  }
}

/// What a survey knows of one sample.
public struct BoundRecord: Codable, Hashable, Sendable {
  /// The sample's position in its data set, its label there, and the class with the largest output at the image.
  public var index, label, predicted: Int
  /// One for each method, in the order of the settings.
  public var measurements: [MethodMeasurement]
  /// What interval propagation meets, unless the settings leave it out.
  public var statistics: RegionStatistics?
}

/// Runs bound methods side by side over the samples of a data set: tightness against time.
public struct BoundSurvey: Sendable {
  private let network: Network
  private let images: LabelledImages
  private let settings: BoundSurveySettings

  /// A survey of a network.
  ///
  /// - Throws: ``StudyError/imagesDoNotFit(_:)``.
  public init(network: Network, images: LabelledImages, settings: BoundSurveySettings) throws(StudyError) {
    try StudyRunner.requireFit(images, to: network)
    self.network = network
    self.images = images
    self.settings = settings
    // What layers keep from their first use on must not count as the first sample's time.
    let point = [Double](repeating: 0, count: network.inputCount)
    let rows = LinearRows.elements([0], width: network.outputCount)
    for precision in Precision.allCases where settings.running.precision.mayTake(precision, for: network) {
      let bounds = RegionBounds(of: network, over: Box(lower: point, upper: point), precision: precision)
      _ = bounds.upperBounds(of: rows, by: .crownIBP)
    }
  }

  /// Computes samples, and hands on each record in their order.
  ///
  /// - Parameters:
  ///   - samples: positions in the data set, all inside it.
  ///   - workers: how many samples are in flight. Bounds do not depend on them; times do, where cores are shared.
  ///   - isStopped: asked before each sample; once it says so, no further one is begun.
  ///   - observe: called for each record, one at a time, on any thread.
  /// - Throws: the first ``StudyError``.
  public func run(
    samples: [Int], workers: Workers, unless isStopped: @Sendable () -> Bool = { false },
    observe: @Sendable (BoundRecord) -> Void
  ) throws(StudyError) {
    try workers.inOrder(
      0..<samples.count, unless: isStopped,
      { (position) throws(StudyError) in try record(of: samples[position]) }, deliver: observe)
  }

  /// Everything about one sample.
  ///
  /// - Throws: ``StudyError/region(index:_:)``.
  public func record(of index: Int) throws(StudyError) -> BoundRecord {
    let image = images.image(index)
    let label = images.label(index)
    let region: Region
    var statistics: RegionStatistics?
    do {
      region = try Region(ballAround: image, radius: settings.epsilon, validRange: images.validRange)
      if settings.withStatistics {
        var stream = RandomStream(seed: settings.seed, purpose: "unstable units", index: index)
        statistics = try RegionStatistics(
          of: network, at: image, label: label, region: region, radius: settings.epsilon,
          validRange: images.validRange, using: &stream)
      }
    } catch {
      throw .region(index: index, error)
    }
    let measurements = settings.methods.map {
      MethodMeasurement($0, of: network, over: region.outer, label: label, settings: settings.running)
    }
    let outputs = network.outputs(image)
    let predicted = outputs.indices.max { outputs[$0] < outputs[$1] } ?? 0
    return BoundRecord(
      index: index, label: label, predicted: predicted, measurements: measurements, statistics: statistics)
  }
}
