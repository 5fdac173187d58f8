extension TrainingConfiguration {
  /// The names of the presets.
  public static var presetNames: [String] { presets.map(\.name) }

  /// A preset by name.
  ///
  /// - Throws: ``ConfigurationError/unknownPreset(_:known:)``.
  public static func preset(_ name: String) throws(ConfigurationError) -> TrainingConfiguration {
    guard let preset = presets.first(where: { $0.name == name }) else {
      throw .unknownPreset(name, known: presetNames)
    }
    return preset.configuration
  }

  private static let presets: [(name: String, configuration: TrainingConfiguration)] = [
    ("mnist-cnn3", TrainingConfiguration()),
    ("mnist-cnn3-small", mnistCNN3Small),
    ("mnist-cnn3-standard", mnistCNN3Standard),
  ]

  /// A network of 1176 ReLUs that trains in about a minute, for studies with exact answers.
  private static var mnistCNN3Small: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.widths = [4, 8]
    configuration.epochs = 20
    configuration.rampEpochs = 10
    configuration.batchSize = 128
    configuration.learningRate = 2e-3
    configuration.learningRateMilestones = [15, 18]
    return configuration
  }

  /// The usual network without any robustness, to compare with.
  private static var mnistCNN3Standard: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.method = .standard
    configuration.epochs = 10
    configuration.learningRateMilestones = [7, 9]
    return configuration
  }
}
