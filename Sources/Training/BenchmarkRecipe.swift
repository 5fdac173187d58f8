/// A row of CTBench's scripts as a preset (Mao et al., *CTBENCH: A Library and Benchmark for Certified Training*, 2024):
/// its networks are CNN7s with batch normalisation, and their settings were searched for each method.
///
/// The rows of MNIST and CIFAR-10; TinyImageNet is no data set of the tool, and EDAC, with which some of CTBench's PGD
/// rows are combined, no method: those rows are given without it.
struct BenchmarkRecipe {
  /// The data set, and the radius as it is written in names.
  let dataset: String
  let radius: String
  let epsilon: Double
  let method: TrainingConfiguration.Method
  /// Where training ends with another radius.
  var trainingEpsilon: Double?
  /// ω: the robust loss's share.
  var robustShare = 1.0
  var l1 = 0.0
  var lambda: Double?
  /// ReLUs behind the split, and w.
  var taps: (relus: Int, weight: Double)?
  /// Steps and restarts of the attack, that in the latent box for `taps`.
  var attack: (steps: Int, restarts: Int)?
  var reluShrinkage = 1.0
  /// The interval loss's share in `mtl-ibp`, `exp-ibp` and `cc-ibp`; these keep the average of the weights.
  var boxShare: Double?
  var attackRadius = 1.0

  /// Such as `ctbench-mnist-taps-0.1`.
  var name: String { "ctbench-\(dataset)-\(method.rawValue)-\(radius)" }

  /// All of them.
  static let all: [BenchmarkRecipe] = mnistTenth + mnistThreeTenths + cifarTwo + cifarEight

  private static let mnistTenth: [BenchmarkRecipe] = {
    func row(_ method: TrainingConfiguration.Method, _ change: (inout BenchmarkRecipe) -> Void) -> BenchmarkRecipe {
      var row = BenchmarkRecipe(dataset: "mnist", radius: "0.1", epsilon: 0.1, method: method, trainingEpsilon: 0.2)
      row.robustShare = 0.7
      if method != .ibp, method != .crownIBP { row.attack = (10, 3) }
      change(&row)
      return row
    }
    let mixed: [TrainingConfiguration.Method] = [.mtlIBP, .expIBP, .ccIBP]
    return [
      row(.ibp) { $0.l1 = 2e-6 },
      row(.crownIBP) { $0.l1 = 5e-6 },
      row(.sabr) { ($0.l1, $0.lambda) = (1e-6, 0.4) },
      row(.taps) { ($0.l1, $0.taps) = (2e-6, (3, 4)) },
      row(.staps) { ($0.l1, $0.lambda, $0.taps) = (5e-6, 0.4, (1, 4)) },
      row(.pgd) { ($0.l1, $0.robustShare) = (1e-5, 1) },
    ] + mixed.map { method in row(method) { ($0.l1, $0.boxShare) = (1e-5, 0.02) } }
  }()

  private static let mnistThreeTenths: [BenchmarkRecipe] = {
    func row(_ method: TrainingConfiguration.Method, _ change: (inout BenchmarkRecipe) -> Void) -> BenchmarkRecipe {
      var row = BenchmarkRecipe(dataset: "mnist", radius: "0.3", epsilon: 0.3, method: method)
      change(&row)
      return row
    }
    return [
      row(.ibp) { ($0.l1, $0.robustShare) = (2e-6, 0.7) },
      row(.crownIBP) { ($0.l1, $0.robustShare) = (1e-6, 0.7) },
      row(.sabr) { ($0.l1, $0.lambda, $0.attack) = (2e-6, 0.9, (5, 3)) },
      row(.taps) { ($0.taps, $0.attack, $0.trainingEpsilon) = ((2, 4), (5, 3), 0.4) },
      row(.staps) { ($0.l1, $0.lambda, $0.taps, $0.attack) = (1e-5, 0.6, (1, 4), (10, 3)) },
      row(.mtlIBP) { ($0.l1, $0.attack, $0.boxShare) = (1e-6, (1, 3), 0.5) },
      row(.pgd) { ($0.l1, $0.attack) = (5e-6, (5, 3)) },
    ]
  }()

  private static let cifarTwo: [BenchmarkRecipe] = {
    func row(_ method: TrainingConfiguration.Method, _ change: (inout BenchmarkRecipe) -> Void) -> BenchmarkRecipe {
      var row = BenchmarkRecipe(dataset: "cifar10", radius: "2-255", epsilon: 2.0 / 255, method: method)
      change(&row)
      return row
    }
    return [
      row(.ibp) { ($0.l1, $0.robustShare) = (1e-6, 0.8) },
      row(.crownIBP) { $0.l1 = 3e-6 },
      row(.sabr) {
        ($0.l1, $0.lambda, $0.attack) = (1e-6, 0.1, (5, 3))
        ($0.reluShrinkage, $0.trainingEpsilon) = (0.8, 3.0 / 255)
      },
      row(.taps) { ($0.l1, $0.taps, $0.attack, $0.reluShrinkage) = (2e-6, (5, 4), (8, 3), 0.8) },
      row(.staps) {
        ($0.l1, $0.lambda, $0.taps) = (1e-6, 0.1, (1, 2))
        ($0.attack, $0.reluShrinkage) = ((8, 3), 0.8)
      },
      row(.mtlIBP) {
        ($0.l1, $0.robustShare, $0.attack) = (3e-6, 0.9, (1, 3))
        ($0.boxShare, $0.attackRadius) = (0.01, 2)
      },
      row(.pgd) { ($0.l1, $0.attack) = (2e-5, (8, 3)) },
    ]
  }()

  private static let cifarEight: [BenchmarkRecipe] = {
    func row(_ method: TrainingConfiguration.Method, _ change: (inout BenchmarkRecipe) -> Void) -> BenchmarkRecipe {
      var row = BenchmarkRecipe(dataset: "cifar10", radius: "8-255", epsilon: 8.0 / 255, method: method)
      change(&row)
      return row
    }
    return [
      row(.ibp) { _ in },
      row(.crownIBP) { _ in },
      row(.sabr) { ($0.lambda, $0.attack) = (0.9, (5, 3)) },
      row(.taps) { ($0.taps, $0.attack) = ((1, 2), (10, 3)) },
      row(.staps) { ($0.lambda, $0.taps, $0.attack) = (0.9, (1, 2), (10, 3)) },
      row(.mtlIBP) { ($0.attack, $0.boxShare) = ((1, 3), 0.6) },
      row(.pgd) { ($0.l1, $0.attack) = (1e-6, (10, 3)) },
    ]
  }()

  var configuration: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.dataset = dataset
    configuration.architecture = .cnn7
    configuration.batchNorm = true
    configuration.method = method
    (configuration.epsilon, configuration.trainingEpsilon) = (epsilon, trainingEpsilon)
    let isMNIST = dataset == "mnist"
    if !isMNIST { configuration.trainLikeCIFAR10() }
    let isLong = radius == "8-255"
    if isLong { (configuration.epochs, configuration.rampEpochs) = (240, 120) }
    if isLong { configuration.learningRateMilestones = [200, 220] }
    configuration.naturalEpochs = isMNIST ? 0 : 1
    (configuration.naturalWeightStart, configuration.naturalWeight) = (1 - robustShare, 1 - robustShare)
    configuration.l1 = l1
    configuration.reluShrinkage = reluShrinkage
    configuration.attackRadius = attackRadius
    if let lambda { configuration.lambda = lambda }
    if let attack {
      let hasLatent = taps != nil
      if hasLatent { (configuration.latentSteps, configuration.latentRestarts) = attack }
      if hasLatent { configuration.latentDecay = 0.2 }
      if !hasLatent || lambda != nil { (configuration.attackSteps, configuration.attackRestarts) = attack }
    }
    if let taps { (configuration.classifierReLUs, configuration.tapsWeight) = taps }
    if let boxShare {
      configuration.boxShare = boxShare
      configuration.averageFrom = isMNIST ? 65 : isLong ? 225 : 150
    }
    return configuration
  }
}
