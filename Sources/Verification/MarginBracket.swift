/// How large the worst-case margin is: at least `lower.margin`, at most `upper`.
///
/// Both ends hold in real arithmetic: the lower one is attained by an input that was replayed with outward rounding, the
/// upper one rests on bounds in outward-rounded arithmetic alone, on no solver's word.
///
/// The worst-case margin is max over i ≠ y and over the region of o_i − o_y. Below zero at the upper end, the label is
/// right on the whole region; not below zero at the lower end, the witness is an adversarial example.
public struct MarginBracket: Sendable {
  /// The input that attains the lower end.
  public let lower: Witness
  /// The upper end.
  public let upper: Double
  /// Why the ends differ by more than the tolerance; nil if they do not.
  public let openReason: OpenReason?
  /// How many ReLUs have no fixed sign on the region, over the whole network.
  public let unstable: Int
  /// How many classes were searched, and the linear programs that took for all of them.
  public let solvedClasses, nodes: Int
  /// Where the time went.
  public let profile: ExactProfile
  /// Wall-clock seconds.
  public let seconds: Double

  /// The distance between the ends.
  public var gap: Double { upper - lower.margin }
}

/// Why there is no bracket.
public enum VerificationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A replayed input exceeds an upper bound of the same class.
  case contradiction(class: Int, witness: Double, upper: Double, source: String)
  /// A replayed input exceeds the upper bound of a row that is no margin.
  case rowContradiction(row: Int, witness: Double, upper: Double)
  /// A replayed input exceeds the upper bound of the cross-entropy.
  case lossContradiction(witness: Double, upper: Double)
  /// CBC claims less than what a replayed input attains.
  case disagreement(Disagreement)
  /// No input that was tried has outputs that double precision can hold.
  case overflow

  public var description: String {
    switch self {
    case .contradiction(let target, let witness, let upper, let source):
      """
      contradiction: class \(target) reaches a margin of \(witness) at a replayed input, above the bound \(upper) \
      by \(source); one of them is wrong, and nothing was reported
      """
    case .rowContradiction(let row, let witness, let upper):
      """
      contradiction: row \(row) reaches \(witness) at a replayed input, above its bound \(upper); one of them is wrong, \
      and nothing was reported
      """
    case .lossContradiction(let witness, let upper):
      """
      contradiction: the cross-entropy reaches \(witness) at a replayed input, above its bound \(upper); one of them is \
      wrong, and nothing was reported
      """
    case .disagreement(let disagreement):
      disagreement.description
    case .overflow:
      "the network's outputs overflow on this region: no margin can be computed"
    }
  }
}
