/// What a training run does: a plain value, checked once by ``validate()`` and stored with its results.
///
/// Keys in files are the property names with hyphens, such as `batch-size`; what a file leaves out keeps the
/// default given here, or the preset's value where the file names one.
public struct TrainingConfiguration: Codable, Hashable, Sendable {
  /// The data set's name, as the command line knows it.
  public var dataset = "mnist"
  /// The network: the name of a family, or a list of layers.
  public var architecture = Architecture.cnn3
  /// A family's channels of the convolutions, then sizes of the dense hidden layers; left out, the literature's.
  public var widths: [Int]?
  /// Whether, in a family, a batch normalisation lies between each affine layer but the last and its ReLU.
  public var batchNorm = false
  /// The fixed normalisation `(x − mean)/deviation` in front of the network, for each channel; empty for none.
  public var means: [Double] = []
  /// The deviations that belong to `means`.
  public var deviations: [Double] = []

  /// The loss that is minimised.
  public var method = Method.ibp
  /// The ℓ∞ radius trained for, in units of the pixel range [0, 1]; `standard` is only judged by it.
  public var epsilon = 0.1
  /// The radius that training ends with where it is another.
  public var trainingEpsilon: Double?
  /// Training images are mirrored half of the time and cut at random after so many pixels were added on each side,
  /// copies of the edge; left out, they are taken as they are.
  public var augmentationPad: Int?
  /// Passes over the training images.
  public var epochs = 70
  /// Images per optimiser step.
  public var batchSize = 256
  /// The most images that are in memory at once: a larger batch is taken in parts, whose gradients are averaged before the
  /// step. Left out, the whole batch is.
  public var microBatch: Int?
  /// Epochs at radius 0 before the radius grows.
  public var naturalEpochs = 0
  /// Epochs over which the radius grows to the one that training ends with.
  public var rampEpochs = 20
  /// How it grows.
  public var ramp = RadiusSchedule.Form.smooth
  /// The natural loss's share of the loss at the start of the ramp, in 0...1; the robust loss has the rest.
  public var naturalWeightStart = 0.0
  /// The same share at the end of the ramp and after it; between the two it moves linearly in steps.
  public var naturalWeight = 0.0
  /// The weight of the regulariser of Shi et al. at ε = 0; it falls to 0 as ε grows. 0 turns it off.
  public var regulariser = 0.5

  /// The weight of the sum of the magnitudes of all weights.
  public var l1 = 0.0

  /// SABR's λ: the share of the box's half width that the small box has.
  public var lambda = 0.4
  /// What the upper bounds of unstable ReLUs are multiplied by in training's boxes; below 1 for SABR on CIFAR-10.
  public var reluShrinkage = 1.0
  /// The interval part's share in `mtl-ibp`, `exp-ibp` and `cc-ibp`.
  public var boxShare = 0.02
  /// CROWN-IBP: CROWN's share β in the bound once the radius has grown; before, it falls from 1 with the radius.
  public var crownShare = 1.0
  /// CROWN-IBP: whether the loss is bounded as a whole, in one row an image, or margin by margin.
  public var crownFusion = true
  /// IBP-R and COLT: the weight of the penalty on unstable ReLUs, `½·Σ max(−l, 0)·max(u, 0)` of an image.
  public var stabilityWeight = 0.01
  /// COLT: how many stages there are, the first of which freezes nothing; left out, as many as ReLU layers.
  public var stages: Int?
  /// COLT: the epochs of each stage but the last, which lasts to the end; left out, all stages are equally long.
  public var stageEpochs: Int?
  /// COLT: the epochs over which a stage's loss takes over from the one before; left out, three tenths of a stage.
  public var mixingEpochs: Int?
  /// COLT: what the radius is multiplied by once for each stage that is still to come.
  public var stageRadiusFactor = 1.0
  /// TAPS: how many ReLU layers the classifier has, behind the box that is attacked.
  public var classifierReLUs = 1
  /// TAPS: the weight w of the latent loss's gradient in the product's.
  public var tapsWeight = 5.0
  /// TAPS: how the product's gradient is scaled; `paper` or `code`.
  public var tapsScaling = TAPSScaling.paper
  /// TAPS: what is minimised; the product, or one of its factors.
  public var tapsLoss = TAPSLoss.product
  /// TAPS: the share c of a box's width on which the gradient connector moves an end.
  public var connector = 0.5
  /// TAPS: one point for each class, or one for all.
  public var estimator = TAPSEstimator.multiple
  /// Steps and restarts of the attack in the latent box, and the factor by which its steps drop.
  public var latentSteps = 20
  public var latentRestarts = 1
  public var latentDecay = 0.1
  /// Steps and restarts of the attack in the input box.
  public var attackSteps = 10
  public var attackRestarts = 1
  /// Its first step, as a fraction of the half width; left out, 0.2 for `sabr` and `staps` and else the larger of 0.25
  /// and two divided by the steps.
  public var attackStep: Double?
  /// What it makes large.
  public var attackLoss = AttackLoss.crossEntropy
  /// What the radius is multiplied by for it.
  public var attackRadius = 1.0

  /// How weights are drawn; left out, `kaiming` for `standard`, `pgd`, `ibp-r` and `colt` and else `interval`.
  public var initialisation: Initialisation?
  /// Adam's rate at first.
  public var learningRate = 5e-4
  /// The epochs, counted from 0, at which the rate drops.
  public var learningRateMilestones = [50, 60]
  /// The factor of each drop.
  public var learningRateDecay = 0.2
  /// The ℓ₂ norm to which a step's gradient is clipped.
  public var gradientClip = 10.0

  /// The epoch, counted from 0, from which weights are averaged; left out, they are not.
  public var averageFrom: Int?
  /// The number of steps from one weight vector in the average to the next.
  public var averageEvery = 10
  /// How many training images are held out to judge each epoch by.
  public var validation = 3000
  /// Which epoch's network is kept; left out, `last` with an average and for `colt`, else natural accuracy for
  /// `standard`, PGD accuracy for `pgd` and TAPS accuracy for all others.
  public var selection: Selection?

  /// The seed of the initial weights, the order of the images, how they are varied, which are held out, and the attacks.
  public var seed: UInt64 = 1
  /// Worker threads. The result does not depend on them.
  public var threads = 2

  /// The default configuration.
  public init() {}
}
