import Foundation
import Testing

@testable import Training

@Suite struct ConfigurationFileTests {
  @Test("keys replace defaults, or a preset's values; radii may be fractions")
  func reads() throws {
    let configuration = try TrainingConfiguration(
      yaml: """
        # A comment.
        preset: mnist-cnn3-small
        epsilon: 2/255
        batch-size: 64
        method: standard
        learning-rate-milestones: [3, 4]
        """)
    #expect(configuration.widths == [4, 8])
    #expect(configuration.epsilon == 2.0 / 255)
    #expect(configuration.batchSize == 64)
    #expect(configuration.method == .standard)
    #expect(configuration.learningRateMilestones == [3, 4])
    #expect(try TrainingConfiguration(yaml: "{}") == TrainingConfiguration())
  }

  @Test("an unknown key is refused with its line and the nearest known one")
  func unknownKey() {
    #expect(throws: ConfigurationError.unknownKey("batchsize", line: 2, nearest: "batch-size")) {
      try TrainingConfiguration(yaml: "epochs: 3\nbatchsize: 10")
    }
    #expect(throws: ConfigurationError.unknownKey("epoch", line: 1, nearest: "epochs")) {
      try TrainingConfiguration(yaml: "epoch: 3")
    }
    let error = ConfigurationError.unknownKey("epoch", line: 1, nearest: "epochs")
    #expect(error.description == "line 1: there is no setting epoch; did you mean epochs?")
  }

  @Test(
    "text that is no configuration is refused",
    arguments: [
      "", "- 1", "epochs: ten", "epochs: [", "epochs: 0", "epsilon: 1.5", "epsilon: a/b", "epsilon: 1/0",
      "epsilon: .nan", "method: magic", "widths: [4]", "widths: [4, -1]", "learning-rate: 0", "batch-size: 0",
      "preset: none", "threads: 0", "seed: -1", "means: [0.5]", "epochs: 3\nepochs: 4", "gradient-clip: .nan",
    ])
  func refuses(yaml: String) {
    #expect(throws: ConfigurationError.self) { try TrainingConfiguration(yaml: yaml) }
  }

  @Test("a value of the wrong kind is refused with its key and line")
  func badValue() {
    let error = #expect(throws: ConfigurationError.self) {
      try TrainingConfiguration(yaml: "seed: 4\nepochs: ten")
    }
    guard case .badValue("epochs", 2, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(
    "what YAML reads otherwise than people do is refused",
    arguments: ["seed:", "seed: ~", "seed: null", "seed: 010", "epochs: 1:30", "epochs: 0x10", "widths: [010, 4]"])
  func misreadings(yaml: String) {
    let error = #expect(throws: ConfigurationError.self) { try TrainingConfiguration(yaml: "# One.\n" + yaml) }
    guard case .badValue(_, 2, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("errors say what is known")
  func known() {
    #expect(throws: ConfigurationError.unknownPreset("mnist-cnn3-tap-0.1", nearest: "mnist-cnn3-taps-0.1")) {
      try TrainingConfiguration(yaml: "preset: mnist-cnn3-tap-0.1")
    }
    let method = #expect(throws: ConfigurationError.self) { try TrainingConfiguration(yaml: "method: foo") }
    #expect(method?.description.contains("known are standard, pgd, ibp") == true)
    #expect(throws: ConfigurationError.badValue(key: "epochs", line: 1, expected: "expected a whole number")) {
      try TrainingConfiguration(yaml: "epochs: 2.5")
    }
  }

  @Test(
    "a radius that would not be reached is refused",
    arguments: [
      "epochs: 10\nselection: last", "epochs: 10\nvalidation: 0",
      "epochs: 2\nnatural-epochs: 2\nramp-epochs: 0\nselection: last", "method: colt\narchitecture: cnn7",
    ])
  func unreached(yaml: String) {
    let error = #expect(throws: ConfigurationError.self) { try TrainingConfiguration(yaml: yaml) }
    guard case .outOfRange = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("a configuration survives being stored")
  func stored() throws {
    for name in TrainingConfiguration.presetNames {
      let configuration = try TrainingConfiguration.preset(name)
      try configuration.validate()
      let data = try JSONEncoder().encode(configuration)
      #expect(try JSONDecoder().decode(TrainingConfiguration.self, from: data) == configuration)
    }
  }
}

@Suite struct SettingTests {
  @Test("settings replace what a preset says, and are read as in a file")
  func setting() throws {
    let base = try TrainingConfiguration.preset("mnist-cnn3-taps-0.1")
    let changed = try base.setting(["epsilon=2/255", "learning-rate-milestones=[3, 4]", "method=staps", "epochs=25"])
    #expect(changed.epsilon == 2.0 / 255 && changed.learningRateMilestones == [3, 4] && changed.epochs == 25)
    #expect(changed.method == .staps && changed.l1 == base.l1)
    #expect(try base.setting([]) == base)
    let twice = #expect(throws: ConfigurationError.self) { try base.setting(["seed=1", "seed=2"]) }
    #expect(twice?.description == "the setting seed is given twice")
    let wrong = #expect(throws: ConfigurationError.self) { try base.setting(["seed=1", "epochs=x"]) }
    #expect(wrong?.description == "epochs: expected a whole number")
  }

  @Test(
    "a setting that is none is refused",
    arguments: [
      "epochs", "=3", "epoks=3", "epochs=many", "epochs=0", "preset=digits-cnn3", "epochs=1\nseed=2", "method=tap",
      "seed=",
    ])
  func refused(setting: String) throws {
    #expect(throws: ConfigurationError.self) { try TrainingConfiguration().setting([setting]) }
  }
}
