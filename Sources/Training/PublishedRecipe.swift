/// A row of the literature's tables as a preset: data set, architecture, method and radius.
///
/// Batch, epochs, ramp and rates are those of each data set (Mao et al. 2023, appendix; Shi et al. 2021); L1 weight, λ,
/// and the TAPS split are the papers' for the radius. The papers' networks are CNN7s. For the smaller ones a split
/// beyond their ReLU layers becomes one ReLU in the classifier, and ε = 0.05 on MNIST is trained as ε = 0.1 is.
struct PublishedRecipe {
  let dataset: Dataset
  let architecture: Architecture.Family
  let method: TrainingConfiguration.Method
  let radius: Radius

  enum Dataset: String { case mnist, cifar10 }

  /// A radius, as it is written in names, and what the papers choose for it.
  struct Radius {
    let name: String
    let epsilon: Double
    /// SABR's λ and L1 weight (Müller et al. 2023).
    let sabr: (lambda: Double, l1: Double)
    /// TAPS's ReLUs behind the split and L1 weight (Mao et al. 2023, table 6).
    let taps: (relus: Int, l1: Double)
    /// STAPS's ReLUs, L1 weight, w and λ (the same).
    let staps: (relus: Int, l1: Double, weight: Double, lambda: Double)
    var reluShrinkage = 1.0
  }

  private static let mnistRadii: [Radius] = [
    Radius(name: "0.05", epsilon: 0.05, sabr: (0.4, 1e-5), taps: (3, 1e-6), staps: (1, 2e-5, 5, 0.4)),
    Radius(name: "0.1", epsilon: 0.1, sabr: (0.4, 1e-5), taps: (3, 1e-6), staps: (1, 2e-5, 5, 0.4)),
    Radius(name: "0.3", epsilon: 0.3, sabr: (0.6, 1e-6), taps: (1, 0), staps: (1, 2e-6, 5, 0.6)),
  ]

  private static let cifarRadii: [Radius] = [
    Radius(
      name: "2-255", epsilon: 2.0 / 255, sabr: (0.1, 1e-6), taps: (5, 2e-6), staps: (1, 2e-6, 2, 0.1),
      reluShrinkage: 0.8),
    Radius(name: "8-255", epsilon: 8.0 / 255, sabr: (0.7, 0), taps: (1, 2e-6), staps: (1, 2e-6, 5, 0.7)),
  ]

  private static let methods: [TrainingConfiguration.Method] = [.pgd, .ibp, .crownIBP, .sabr, .taps, .staps]

  /// All of them.
  static let all: [PublishedRecipe] = {
    var all: [PublishedRecipe] = []
    for (dataset, radii) in [(Dataset.mnist, mnistRadii), (.cifar10, cifarRadii)] {
      for architecture in [Architecture.Family.cnn3, .cnn5, .cnn7] {
        for radius in radii {
          all += methods.map {
            PublishedRecipe(dataset: dataset, architecture: architecture, method: $0, radius: radius)
          }
        }
      }
    }
    return all
  }()

  /// Such as `mnist-cnn3-taps-0.1`.
  var name: String { "\(dataset.rawValue)-\(architecture.rawValue)-\(method.rawValue)-\(radius.name)" }

  var configuration: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.dataset = dataset.rawValue
    configuration.architecture = .family(architecture)
    configuration.method = method
    configuration.epsilon = radius.epsilon
    configuration.batchNorm = architecture == .cnn7
    if dataset == .cifar10 { configuration.trainLikeCIFAR10() }
    func split(_ relus: Int) -> Int { relus < architecture.usualWidths.count ? relus : 1 }
    switch method {
    case .sabr:
      (configuration.lambda, configuration.l1) = radius.sabr
      configuration.reluShrinkage = radius.reluShrinkage
    case .taps:
      configuration.classifierReLUs = split(radius.taps.relus)
      configuration.l1 = radius.taps.l1
    case .staps:
      configuration.classifierReLUs = split(radius.staps.relus)
      (configuration.l1, configuration.tapsWeight) = (radius.staps.l1, radius.staps.weight)
      configuration.lambda = radius.staps.lambda
      configuration.reluShrinkage = radius.reluShrinkage
    case .standard, .pgd, .ibp, .crownIBP, .mtlIBP, .expIBP, .ccIBP, .ibpR, .colt:
      break
    }
    return configuration
  }
}

extension TrainingConfiguration {
  /// Batch, length, rates, augmentation and normalisation as the papers have them for CIFAR-10.
  mutating func trainLikeCIFAR10() {
    batchSize = 128
    augmentationPad = 2
    epochs = 160
    rampEpochs = 80
    learningRateMilestones = [120, 140]
    means = [0.4914, 0.4822, 0.4465]
    deviations = [0.2023, 0.1994, 0.2010]
  }
}
