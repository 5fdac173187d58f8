import Bounds

/// What the samples of a survey say together.
public struct BoundSurveySummary: Sendable {
  /// One activation node as one method sees it, on average over the samples.
  public struct Layer: Codable, Hashable, Sendable {
    /// The node's name in the file, and its activation's.
    public var name, activation: String
    /// How many units it has.
    public var units: Int
    /// The mean numbers of ReLUs of each kind; nil for other activations.
    public var dead, active, unstable: Double?
    /// The mean of u − l over the ranges of pre-activations.
    public var meanWidth: Double

    /// The mean over samples, of which there is at least one.
    init(_ layers: [LayerMeasurement]) {
      (name, activation, units) = (layers[0].name, layers[0].activation, layers[0].units)
      func mean(_ kind: KeyPath<ReLUStatus, Int>) -> Double? {
        let counts = layers.compactMap { $0.status.map { Double($0[keyPath: kind]) } }
        return counts.isEmpty ? nil : Statistics.mean(counts)
      }
      (dead, active, unstable) = (mean(\.dead), mean(\.active), mean(\.unstable))
      meanWidth = Statistics.mean(layers.map(\.meanWidth))
    }
  }

  /// One method over all samples.
  public struct Method: Codable, Hashable, Sendable {
    /// The method.
    public var method: BoundMethod
    /// On how many samples all its margins are below zero.
    public var certified: Int
    /// Its worst margins, and the seconds it took for a sample.
    public var worst, seconds: Distribution
    /// One for each activation node.
    public var layers: [Layer]

    /// The mean number of unstable ReLUs over all nodes.
    public var unstable: Double { layers.reduce(0) { $0 + ($1.unstable ?? 0) } }
  }

  /// How many samples there are, and how many the network classifies as their label.
  public var samples, correct: Int
  /// One for each method, in the order of the settings.
  public var methods: [Method]
  /// What interval propagation meets; empty if that was left out.
  public var statistics: [RegionStatistic: Distribution]

  /// Summarises samples, all of one survey.
  public init(_ records: [BoundRecord]) {
    samples = records.count
    correct = records.count { $0.predicted == $0.label }
    methods = (records.first?.measurements ?? []).indices.compactMap { position in
      let measurements = records.map { $0.measurements[position] }
      guard let worst = Distribution(measurements.map(\.worst)),
        let seconds = Distribution(measurements.map(\.seconds))
      else { return nil }
      return Method(
        method: measurements[0].method, certified: measurements.count(where: \.isCertified), worst: worst,
        seconds: seconds,
        layers: measurements[0].layers.indices.map { layer in Layer(measurements.map { $0.layers[layer] }) })
    }
    statistics = [:]
    for statistic in RegionStatistic.allCases {
      statistics[statistic] = Distribution(records.compactMap { $0.statistics.flatMap(statistic.value) })
    }
  }
}
