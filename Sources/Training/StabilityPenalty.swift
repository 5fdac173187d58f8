/// A penalty on unstable ReLUs: `½·Σ max(−l, 0)·max(u, 0)` over units with pre-activations in [l, u].
///
/// That is the area between the chord and the ReLU of each unit on both sides of zero, and nothing for the others. With
/// centre c and radius r of the interval it is `½·(r² − c²)` for `|c| < r`.
/// - Source: De Palma et al., *IBP Regularization for Verified Adversarial Robustness via Branch-and-Bound*, 2022;
///   without the half, Balunović and Vechev, *Adversarial Training and Provable Defenses: Bridging the Gap*, ICLR 2020.
enum StabilityPenalty {
  /// The sum over some boxes.
  static func sum(centres: UnsafePointer<Float>, radii: UnsafePointer<Float>, count: Int) -> Double {
    var sum = 0.0
    for i in 0..<count where abs(centres[i]) < radii[i] {
      sum += Double(0.5 * (radii[i] - centres[i]) * (radii[i] + centres[i]))
    }
    return sum
  }

  /// What multiplies each ReLU layer's gradient in
  /// ``BoxPass/backward(_:from:batch:parameters:into:needsInput:shrinkage:regulariser:boundaryGradients:)``.
  static func gradients(_ layers: some Sequence<Int>, weight: Double) -> [Int: FastRegulariser.LayerGradient] {
    var gradient = FastRegulariser.LayerGradient()
    gradient.stability = weight
    return Dictionary(uniqueKeysWithValues: layers.map { ($0, gradient) })
  }
}
