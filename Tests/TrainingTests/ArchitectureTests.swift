import Foundation
import Networks
import Tensors
import Testing

@testable import Training

@Suite struct ArchitectureTests {
  private func conv(_ channels: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> LayerDescription {
    .convolution(.init(kernel: kernel, stride: stride, padding: padding), channels: channels)
  }

  @Test("a list of layers is read, as a block or in one line, and stored")
  func reads() throws {
    let configuration = try TrainingConfiguration(
      yaml: """
        preset: mnist-cnn3-small
        architecture:
          - conv: {channels: 16, kernel: 5, stride: 2, padding: 2}
          - batch-norm
          - relu
          - conv: {channels: 8, kernel: 3}
          - relu
          - flatten
          - dense: 100
          - relu
          - output
        """)
    let layers: [LayerDescription] = [
      conv(16, 5, 2, 2), .batchNorm, .relu, conv(8, 3, 1, 0), .relu, .flatten, .dense(100), .relu, .output,
    ]
    #expect(configuration.architecture == .layers(layers))
    // The preset's widths are those of the preset's architecture.
    #expect(configuration.widths == nil)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = try encoder.encode(configuration)
    #expect(
      String(decoding: data, as: UTF8.self).contains(#"{"conv":{"channels":8,"kernel":3,"padding":0,"stride":1}}"#))
    #expect(try JSONDecoder().decode(TrainingConfiguration.self, from: data) == configuration)

    let set = try TrainingConfiguration().setting(["architecture=[{dense: 7}, relu, {dense: 10}]"])
    #expect(set.architecture == .layers([.dense(7), .relu, .dense(10)]))
    #expect(set.architecture.description == "dense 7, relu, dense 10")
    #expect(try configuration.setting(["architecture=cnn5"]).architecture == .cnn5)
    #expect(try TrainingConfiguration.preset("mnist-cnn3-small").setting(["architecture=cnn3"]).widths == [4, 8])
    #expect(
      try TrainingConfiguration.preset("mnist-cnn7-ibp-0.1").setting(["architecture=[output]"]).batchNorm == false)
  }

  @Test("the layers of cnn3, listed, are cnn3, bit for bit")
  func same() throws {
    let set = try bars(count: 110, stream: "training")
    var named = barsConfiguration()
    named.epochs = 2
    named.rampEpochs = 1
    var listed = named
    listed.widths = nil
    listed.architecture = .layers([conv(3, 5, 2, 2), .relu, conv(4, 4, 2, 1), .relu, .flatten, .dense(4)])
    let networks = try [named, listed].map { try Trainer(configuration: $0, training: set).train() }
    #expect(networks[0].stack == networks[1].stack)
    #expect(networks[0].parameters.map(\.bitPattern) == networks[1].parameters.map(\.bitPattern))

    let image = try Shape([3, 32, 32])
    let listing = Architecture.layers([
      conv(16, 3, 1, 1), .batchNorm, .relu, conv(16, 4, 2, 1), .batchNorm, .relu, conv(32, 4, 2, 1), .batchNorm, .relu,
      .dense(512), .batchNorm, .relu, .output,
    ])
    #expect(
      try Architecture.cnn5.stack(
        input: image, classCount: 10, widths: [16, 16, 32, 512], means: [0.1], deviations: [0.5], batchNorm: true)
        == listing.stack(input: image, classCount: 10, widths: [], means: [0.1], deviations: [0.5]))
  }

  @Test(
    "a list that is none is refused in one line that names layer and cure",
    arguments: [
      ("cnn33", "there is no architecture cnn33; did you mean cnn3?"),
      ("{dense: 3}", "a name, such as cnn3, or a list of layers"),
      ("[]", "must have 1 to 1000"),
      ("[output, [relu]]", "layer 2: expected one layer"),
      ("[{dense: 3, relu: 1}, output]", "layer 1: expected one layer"),
      ("[{dens: 3}, output]", "layer 1: there is no layer dens; did you mean dense?"),
      ("[rule, output]", "layer 1: there is no layer rule; did you mean relu?"),
      ("[dense, output]", "layer 1: dense needs its sizes: dense: 100"),
      ("[{dense: many}, output]", "layer 1: dense must be a whole number"),
      ("[{relu: 3}, output]", "relu has no settings"),
      ("[{conv: 3}, output]", "conv needs its sizes: conv: {channels: 16"),
      ("[{conv: {channels: 3}}, output]", "conv needs kernel"),
      ("[{conv: {channels: 3, kernel: 3, pad: 1}}, output]", "conv has no pad; did you mean padding?"),
      ("[{conv: {channels: 3, kernel: 2.5}}, output]", "kernel of conv must be a whole number"),
      ("[{conv: {channels: 0, kernel: 3}}, output]", "layer 1 (conv 0 3×3 stride 1 padding 0): channels must lie in"),
      ("[{conv: {channels: 1, kernel: 3, stride: 0}}, output]", "stride must lie in"),
      ("[{conv: {channels: 1, kernel: 3, padding: 3}}, output]", "padding must lie in 0..<kernel"),
      ("[{dense: 0}, output]", "must have 1 to"),
      (
        "[{dense: 9}, {conv: {channels: 1, kernel: 3}}, output]",
        "layer 2 (conv 1 3×3 stride 1 padding 0): needs an image"
      ),
      ("[relu, output]", "layer 1 (relu): must stand right behind"),
      ("[{dense: 9}, relu, relu, output]", "layer 3 (relu): must stand right behind"),
      ("[{dense: 9}, relu, batch-norm, output]", "layer 3 (batch-norm): must stand right behind"),
      ("[output, relu]", "layer 1 (output): must be the last"),
      ("[{dense: 9}, relu]", "layer 2 (relu): is the last layer: end with output"),
    ])
  func refuses(list: String, reason: String) {
    let error = #expect(throws: ConfigurationError.self) {
      try TrainingConfiguration().setting(["architecture=\(list)"])
    }
    let text = error?.description ?? ""
    #expect(text.contains(reason) && text.contains("architecture") && !text.contains("\n"), "\(text)")
  }

  @Test("settings of named architectures are refused beside a list")
  func foreign() {
    for setting in ["widths=[3]", "batch-norm=true"] {
      #expect(throws: ConfigurationError.self) {
        try TrainingConfiguration().setting(["architecture=[output]", setting])
      }
    }
  }

  @Test("layers that do not fit the images are refused with their number")
  func misfits() throws {
    func reason(_ layers: [LayerDescription], _ input: [Int] = [1, 8, 8]) throws -> String {
      let error = #expect(throws: TrainingError.self) {
        try Architecture.layers(layers).stack(
          input: Shape(input), classCount: 10, widths: [], means: [], deviations: [])
      }
      return error?.description ?? ""
    }
    #expect(try reason([conv(3, 9, 1, 0), .relu, .output]).contains("layer 1 (conv 3 9×9 stride 1 padding 0): kernel"))
    #expect(try reason([conv(3, 3, 1, 0), .output], [64]).contains("needs images"))
    #expect(try reason([.dense(12)]).contains("ends with 12 values where there are 10 classes"))
    #expect(try reason([conv(65_536, 3, 1, 1), conv(65_536, 3, 1, 1), .output]).contains("layer 2"))
    #expect(try reason([.dense(1_000_000), .relu, .dense(1000), .relu, .output]).contains("weights and biases"))
    #expect(try reason([.dense(1_000_000), .relu, .dense(1_000_000), .output]).contains("layer 3"))
  }

  @Test("affine layers one upon the other and a batch normalisation are trained, and exported as what was evaluated")
  func trains() throws {
    let set = try bars(count: 330, stream: "training")
    let held = try bars(count: 100, stream: "held out")
    var configuration = barsConfiguration()
    configuration.widths = nil
    configuration.architecture = .layers([
      conv(4, 5, 2, 2), .batchNorm, .relu, .dense(10), .dense(16), .relu, .output,
    ])
    configuration.method = .taps
    configuration.latentSteps = 3
    configuration.epsilon = 0.05
    let trainer = try Trainer(configuration: configuration, training: set, validation: held)
    let trained = try trainer.train()
    let evaluation = trainer.evaluate(trained.parameters, on: held, epsilon: 0.05)
    #expect(evaluation.naturalAccuracy > 0.95 && evaluation.verifiedAccuracy <= evaluation.naturalAccuracy)
    let network = try trained.network()
    let right = (0..<held.count).count { image in
      let outputs = network.outputs(held.pixels[64 * image..<64 * (image + 1)].map { Double($0) / 255 }, batch: 1)
      return outputs.indices.max { outputs[$0] < outputs[$1] } == Int(held.labels[image])
    }
    #expect(abs(Double(right) / Double(held.count) - evaluation.naturalAccuracy) <= 0.01)
  }
}
