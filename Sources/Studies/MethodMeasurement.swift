import Bounds
import Networks
import Verification

/// How bound methods are run.
public struct MethodSettings: Codable, Hashable, Sendable {
  /// The lower line of unstable ReLUs, in the margins' own passes and in those that tighten ranges; without effect on
  /// IBP, zonotopes and forward bounds.
  public var lowerSlope: LowerSlope
  /// For α-CROWN, how often the slopes of the margins' own passes are improved.
  public var iterations: Int
  /// For α-CROWN, how often the slopes behind each unstable unit's range are improved; 0 takes CROWN's ranges, with those
  /// of the units that cost the margins most improved as `AlphaSettings` says.
  public var rangeIterations: Int
  /// In which precision matrix products are computed; zonotopes and forward bounds always take double precision, and
  /// α-CROWN does for what it optimises.
  public var precision: PrecisionPolicy

  /// The given settings.
  public init(
    lowerSlope: LowerSlope = .adaptive, iterations: Int = AlphaSettings().iterations, rangeIterations: Int = 0,
    precision: PrecisionPolicy = .automatic
  ) {
    self.lowerSlope = lowerSlope
    self.iterations = iterations
    self.rangeIterations = rangeIterations
    self.precision = precision
  }
}

/// What a method knows of one activation node.
public struct LayerMeasurement: Codable, Hashable, Sendable {
  /// The node's name in the file, and its activation's.
  public var name, activation: String
  /// How many units it has.
  public var units: Int
  /// Its ReLUs by the ranges of their pre-activations; nil for other activations.
  public var status: ReLUStatus?
  /// The mean of u − l over the ranges `[l, u]` of the pre-activations.
  public var meanWidth: Double

  /// What some bounds say of a node.
  init(_ node: Node, activation: Activation, in bounds: RegionBounds) {
    let box = bounds.preActivations(of: node)
    name = node.name
    self.activation = activation.name
    units = box.count
    status = ReLUStatus(of: node, in: bounds)
    meanWidth = Statistics.mean(zip(box.lower, box.upper).map { $1 - $0 })
  }
}

/// What one method says of one sample, and how long it took.
public struct MethodMeasurement: Codable, Hashable, Sendable {
  /// The method.
  public var method: BoundMethod
  /// In which precision its matrix products were computed: the last, where two were tried.
  public var precision: Precision
  /// For each wrong class i, a number that o_i − o_y exceeds nowhere on the region; infinite if there is none.
  public var margins: [Int: Double]
  /// The largest of these, and the class that has it.
  public var worst: Double
  public var worstClass: Int
  /// Wall-clock seconds from the box of inputs to the margins, tightened ranges included: nothing is taken over from
  /// another method.
  public var seconds: Double
  /// One for each activation node, in the order of the nodes.
  public var layers: [LayerMeasurement]

  /// Whether every input of the region is classified as the label.
  public var isCertified: Bool { worst < 0 }
}

extension MethodMeasurement {
  /// Bounds the margins of one sample.
  ///
  /// - Parameters:
  ///   - box: a box that contains the region.
  ///   - label: the class that margins are over; there is at least one more.
  public init(
    _ method: BoundMethod, of network: Network, over box: Box, label: Int, settings: MethodSettings = MethodSettings()
  ) {
    let classes = (0..<network.outputCount).filter { $0 != label }
    let rows = LinearRows.margins(of: classes, label: label, outputs: network.outputCount)
    let clock = Deadline(seconds: .infinity)
    var precision = method.firstPrecision(for: network, settings.precision)
    var (bounds, upper) = method.run(rows, of: network, over: box, in: precision, settings: settings)
    while upper.contains(where: { $0 >= 0 }), let next = settings.precision.next(after: precision) {
      precision = next
      let again = method.run(rows, of: network, over: box, in: precision, settings: settings)
      bounds = again.bounds
      upper = zip(upper, again.upper).map(min)
    }
    seconds = clock.elapsed
    self.method = method
    self.precision = precision
    margins = Dictionary(uniqueKeysWithValues: zip(classes, upper))
    // Of equal margins the first class's, whatever the order of a dictionary.
    let worstRow = upper.indices.reduce(0) { upper[$1] > upper[$0] ? $1 : $0 }
    worst = upper[worstRow]
    worstClass = classes[worstRow]
    layers = network.activationNodes.compactMap { node in
      guard case .activation(let activation, _) = node.operation else { return nil }
      return LayerMeasurement(node, activation: activation, in: bounds)
    }
  }
}

extension BoundMethod {
  /// Upper bounds of rows over the output, from nothing, with the ranges that they rest on.
  fileprivate func run(
    _ rows: LinearRows, of network: Network, over box: Box, in precision: Precision, settings: MethodSettings
  ) -> (bounds: RegionBounds, upper: [Double]) {
    var bounds = RegionBounds(of: network, over: box, precision: precision)
    switch self {
    case .ibp, .crownIBP:
      break
    case .crown:
      bounds.refine(lowerSlope: settings.lowerSlope)
    case .alphaCROWN:
      let isOptimised = settings.rangeIterations > 0
      bounds.refine(
        lowerSlope: settings.lowerSlope,
        optimising: isOptimised ? AlphaSettings(iterations: settings.rangeIterations) : nil)
    case .zonotope:
      // Made here and not by the call below, which would not tell of its ranges.
      let zonotopes = ZonotopeBounds(bounds)
      return (zonotopes.bounds, zonotopes.upperBounds(of: rows))
    case .forward:
      let forward = ForwardLinearBounds(bounds)
      return (forward.bounds, forward.upperBounds(of: rows))
    }
    let upper = bounds.upperBounds(
      of: rows, by: self, lowerSlope: settings.lowerSlope, optimising: AlphaSettings(iterations: settings.iterations))
    return (bounds, upper)
  }

  /// The precision to begin with.
  fileprivate func firstPrecision(for network: Network, _ policy: PrecisionPolicy) -> Precision {
    switch self {
    case .ibp, .crownIBP, .crown: policy.first(for: network)
    case .alphaCROWN: policy == .automatic ? .double : policy.first(for: network)
    case .zonotope, .forward: .double
    }
  }
}
