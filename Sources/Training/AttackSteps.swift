/// The step sizes of a sign-gradient ascent: a first one that drops by a factor at given steps.
struct AttackSteps: Hashable, Sendable {
  /// How many steps are made; one point more than that is looked at.
  let count: Int
  /// The first step, as a fraction of what the attack measures steps by.
  let first: Double
  /// The factor of each drop.
  let factor: Double
  /// The steps, counted from 0, from which on one more factor applies.
  let drops: [Int]

  /// The steps in an input box, as fractions of its half width in each coordinate.
  ///
  /// Fifty steps and more drop to a tenth after 0.5, 0.8 and 0.9 of them, twenty and more after 0.7, fewer to a fifth
  /// each ten.
  /// - Source: the released training code of Müller et al. 2023 and its successors.
  static func input(count: Int, first: Double) -> AttackSteps {
    let drops: [Int]
    switch count {
    case 50...: drops = [0.5, 0.8, 0.9].map { Int(Double(count) * $0) }
    case 20...: drops = [Int(Double(count) * 0.7)]
    default: drops = count > 10 ? [10] : []
    }
    return AttackSteps(count: count, first: first, factor: count >= 20 ? 0.1 : 0.2, drops: drops)
  }

  /// The steps in a latent box, as fractions of its whole width in each coordinate: at least a fifth, and so long that
  /// all of them together cross it twice.
  /// - Source: the released training code of Mao et al. 2023.
  static func latent(count: Int, factor: Double) -> AttackSteps {
    let shares: [Double]
    switch count {
    case 81...: shares = [0.3, 0.6, 0.8]
    case 51...: shares = [0.4, 0.7]
    case 20...: shares = [0.7]
    default: shares = []
    }
    return AttackSteps(
      count: count, first: max(0.2, 2 / Double(max(1, count))), factor: factor,
      drops: shares.map { Int(Double(count) * $0) })
  }

  /// The size of a step, counted from 0.
  func size(_ step: Int) -> Float {
    Float(drops.reduce(first) { $1 <= step ? $0 * factor : $0 })
  }
}
