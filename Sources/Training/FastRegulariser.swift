import CKernels

/// The penalty of Shi et al. that keeps boxes narrow and ReLU phases balanced while ε grows.
///
/// For each ReLU layer, with pre-activation centres c, radii r and means over the whole batch:
/// - tightness: `max(0, τ − r₀/r̄)/τ`, r₀ the mean radius of the network's (normalised) input box;
/// - balance: A and I are the means of c over the always active and the never active units (zero elsewhere),
///   V_A and V_I their sums of squares about the mean of all c; for both ρ₁ = A/(−I) and ρ₂ = V_A/V_I the term
///   is `max(0, τ − min(ρ, 1/ρ))/τ`.
///
/// The sum over layers is divided by their number. As all of it depends on sums over the batch, a step first
/// gathers ``Statistics`` and then adds the gradient, which is affine in c for each of the three kinds of unit.
/// - Source: Shi et al., *Fast Certified Robust Training with Short Warmup*, NeurIPS 2021, equations 9 to 12.
enum FastRegulariser {
  /// τ of the paper.
  static let tolerance = 0.5
  /// The smallest radius at which the boxes are computed, so that their growth has a meaning at ε = 0.
  static let smallestRadius = 1e-6

  /// Sums over the pre-activation boxes of one layer.
  struct Statistics: Sendable {
    var count = 0.0
    var centre = 0.0
    var radius = 0.0
    var activeCount = 0.0
    var activeCentre = 0.0
    var activeSquare = 0.0
    var inactiveCount = 0.0
    var inactiveCentre = 0.0
    var inactiveSquare = 0.0

    /// The sums over some boxes.
    init(centres: UnsafePointer<Float>, radii: UnsafePointer<Float>, count: Int) {
      var phases = ck_box_phases()
      ck_box_phases_f32(centres, radii, count, &phases)
      self.count = Double(count)
      (centre, radius) = (phases.centre, phases.radius)
      (activeCount, activeCentre, activeSquare) = (phases.activeCount, phases.activeCentre, phases.activeSquare)
      (inactiveCount, inactiveCentre, inactiveSquare) =
        (phases.inactiveCount, phases.inactiveCentre, phases.inactiveSquare)
    }

    init() {}

    static func += (a: inout Statistics, b: Statistics) {
      a.count += b.count
      a.centre += b.centre
      a.radius += b.radius
      a.activeCount += b.activeCount
      a.activeCentre += b.activeCentre
      a.activeSquare += b.activeSquare
      a.inactiveCount += b.inactiveCount
      a.inactiveCentre += b.inactiveCentre
      a.inactiveSquare += b.inactiveSquare
    }
  }

  /// The penalty's gradient with respect to the boxes of one layer.
  struct LayerGradient: Sendable {
    /// With respect to every radius.
    var radius = 0.0
    /// With respect to every centre.
    var centre = 0.0
    /// Besides, with respect to the centre c of an always active unit: constant and multiple of c.
    var active = (constant: 0.0, slope: 0.0)
    /// The same for a never active unit.
    var inactive = (constant: 0.0, slope: 0.0)
    /// The weight of ``StabilityPenalty``, whose gradient an unstable unit has besides: −c for its centre, r for its
    /// radius.
    var stability = 0.0

    /// Adds it to the gradients of `count` boxes.
    func add(
      centres: UnsafePointer<Float>, radii: UnsafePointer<Float>, count: Int,
      toCentres gc: UnsafeMutablePointer<Float>, radii gr: UnsafeMutablePointer<Float>
    ) {
      let (forAll, forRadius) = (Float(centre), Float(radius))
      let (a0, a1) = (Float(active.constant), Float(active.slope))
      let (b0, b1) = (Float(inactive.constant), Float(inactive.slope))
      let penalty = Float(stability)
      for i in 0..<count {
        let c = centres[i]
        let r = radii[i]
        var sum = forAll
        sum += c - r > 0 ? a0 + a1 * c : 0
        sum += c + r < 0 ? b0 + b1 * c : 0
        let unstable = abs(c) < r ? penalty : 0
        gc[i] += sum - unstable * c
        gr[i] += forRadius + unstable * r
      }
    }
  }

  /// The penalty and `weight` times its gradient for each layer.
  ///
  /// - Parameters:
  ///   - layers: the sums over the whole batch, one for each ReLU layer.
  ///   - inputRadius: r₀.
  static func evaluate(
    _ layers: [Statistics], inputRadius: Double, weight: Double
  ) -> (penalty: Double, gradients: [LayerGradient]) {
    var penalty = 0.0
    var gradients: [LayerGradient] = []
    let share = weight / Double(max(1, layers.count))
    for layer in layers {
      var gradient = LayerGradient()
      let width = layer.radius / layer.count
      let growth = inputRadius / max(width, 1e-12)
      if growth < tolerance {
        penalty += (tolerance - growth) / tolerance
        gradient.radius += share * growth / (max(width, 1e-12) * layer.count * tolerance)
      }
      penalty += balance(layer, share: share, into: &gradient)
      gradients.append(gradient)
    }
    return (penalty / Double(max(1, layers.count)), gradients)
  }

  /// The balance terms of a layer; none where no unit is stable one way or the other and a ratio has no value.
  private static func balance(_ s: Statistics, share: Double, into gradient: inout LayerGradient) -> Double {
    let mean = s.centre / s.count
    let active = s.activeCentre / s.count
    let inactive = s.inactiveCentre / s.count
    let activeSpread = s.activeSquare - 2 * mean * s.activeCentre + s.activeCount * mean * mean
    let inactiveSpread = s.inactiveSquare - 2 * mean * s.inactiveCentre + s.inactiveCount * mean * mean
    let means = active / -inactive
    let spreads = activeSpread / inactiveSpread
    guard means.isFinite, spreads.isFinite, means >= 0, spreads >= 0 else { return 0 }
    var penalty = 0.0

    let (meansTerm, meansSlope) = folded(means)
    penalty += meansTerm
    gradient.active.constant += share * meansSlope / (-inactive * s.count)
    gradient.inactive.constant += share * meansSlope * active / (inactive * inactive * s.count)

    let (spreadsTerm, spreadsSlope) = folded(spreads)
    penalty += spreadsTerm
    let up = share * spreadsSlope / inactiveSpread
    let down = -share * spreadsSlope * activeSpread / (inactiveSpread * inactiveSpread)
    gradient.active.slope += 2 * up
    gradient.active.constant -= 2 * up * mean
    gradient.inactive.slope += 2 * down
    gradient.inactive.constant -= 2 * down * mean
    // The mean moves with every centre.
    gradient.centre -= 2 * up * (s.activeCentre - s.activeCount * mean) / s.count
    gradient.centre -= 2 * down * (s.inactiveCentre - s.inactiveCount * mean) / s.count
    return penalty
  }

  /// `max(0, τ − min(ρ, 1/ρ))/τ` and its derivative.
  private static func folded(_ ratio: Double) -> (value: Double, slope: Double) {
    let inverse = 1 / max(ratio, 1e-12)
    let smaller = min(ratio, inverse)
    guard smaller < tolerance else { return (0, 0) }
    let slope = ratio < inverse ? 1 : -inverse * inverse
    return ((tolerance - smaller) / tolerance, -slope / tolerance)
  }
}
