import Tensors

@testable import Training

/// Images of 8×8 with a bright bar whose place is the class, on noise: a problem learnt in seconds.
func bars(count: Int, classes: Int = 4, stream purpose: String) throws -> TrainingSet {
  var stream = RandomStream(seed: 3, purpose: purpose)
  var pixels: [UInt8] = []
  var labels: [UInt8] = []
  for _ in 0..<count {
    let label = stream.index(below: classes)
    for _ in 0..<8 {
      for column in 0..<8 {
        let bright = column / 2 == label
        pixels.append(UInt8((bright ? 180 : 0) + stream.index(below: 70)))
      }
    }
    labels.append(UInt8(label))
  }
  return try TrainingSet(
    name: "bars", shape: Shape([1, 8, 8]), classCount: classes, pixels: pixels, labels: labels)
}

/// A short interval-bound training run for ``bars(count:classes:stream:)``.
func barsConfiguration() -> TrainingConfiguration {
  var configuration = TrainingConfiguration()
  configuration.dataset = "bars"
  configuration.widths = [3, 4]
  configuration.means = [0.3]
  configuration.deviations = [0.4]
  configuration.epochs = 6
  configuration.rampEpochs = 3
  configuration.batchSize = 50
  configuration.learningRate = 5e-3
  configuration.learningRateMilestones = [5]
  configuration.naturalWeightStart = 0.5
  configuration.naturalWeight = 0.25
  configuration.validation = 0
  configuration.threads = 1
  return configuration
}
