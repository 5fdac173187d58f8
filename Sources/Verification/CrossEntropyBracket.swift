import Attacks
import Foundation
import Intervals
import Networks
import Tensors

/// How large the cross-entropy gets on a region, as a bracket.
///
/// The cross-entropy of the label y is log(1 + Σ exp(o_i − o_y)), the sum over the wrong classes. Its largest value is at
/// least what a replayed input attains, and at most what the margins' exact maxima give together. No input need attain
/// all of them at once, so that the ends may differ however long the search takes.
public struct CrossEntropyBracket: Sendable {
  /// The loss that is attained, rounded down, and the input.
  public let lower: Double
  public let input: [Double]
  /// An upper bound of the loss on the whole region.
  public let upper: Double
  /// The margins' own brackets, in the order of the wrong classes.
  public let margins: RowBrackets
  /// Wall-clock seconds.
  public let seconds: Double

  /// Computes the bracket.
  ///
  /// - Parameters:
  ///   - label: the class whose cross-entropy it is.
  ///   - sample: the sample's index, which selects the attack's random numbers.
  ///   - settings: of which the timeout is for the attack and all margins together; the engine is not used.
  /// - Throws: ``VerificationError``, as ``ExactRows`` does.
  public init(
    of network: Network, over region: Region, label: Int, sample: Int = 0, settings: ExactSettings
  ) throws(VerificationError) {
    let clock = Deadline(seconds: settings.timeout)
    var stream = RandomStream(seed: settings.seed, purpose: "cross-entropy attack", index: sample)
    let found = PGD(settings.attack).attack(
      network, over: region, label: label, losses: [.crossEntropy, .margin], using: &stream,
      mayContinue: { !clock.hasPassed }
    ).map(\.input)
    var rest = settings
    rest.timeout = clock.remaining
    margins = try ExactRows.margins(of: network, over: region, label: label, settings: rest, hints: found)
    var best: (loss: Double, input: [Double])?
    for input in found + margins.rows.map(\.lower.input) {
      guard let outputs = network.enclosure(at: input, inside: region) else { continue }
      let attained = (0..<outputs.count).filter { $0 != label }.map {
        OutputRow.margin(of: $0, label: label).value(outputs)
      }
      let loss = Self.loss(ofMargins: attained).lower
      if loss > best?.loss ?? -.infinity { best = (loss, input) }
    }
    guard let best else { throw .overflow }
    (lower, input) = best
    let upper = Self.loss(ofMargins: margins.rows.map { Interval($0.upper) }).upper
    guard upper >= lower else { throw .lossContradiction(witness: lower, upper: upper) }
    self.upper = upper
    seconds = clock.elapsed
  }

  /// The cross-entropies of all margins in the given intervals, rounded outward.
  ///
  /// - Soundness: the loss rises with every margin. With the largest exponent m taken out (that of the label is 0), it is
  ///   m + log1p(Σ exp(d − m)) over the other ones. `exp` and `log1p` come from the C library, for which the GNU C library
  ///   documents errors of at most 1 unit in the last place each; 16 units of rounding are allowed for each, and the
  ///   smallest positive number for what underflows. Differences and sums are rounded outward one by one.
  static func loss(ofMargins margins: [Interval]) -> Interval {
    let lower = loss(margins.map(\.lower), rounding: .down)
    let upper = loss(margins.map(\.upper), rounding: .up)
    return Interval(lower: lower, upper: upper) ?? .entire
  }

  private static func loss(_ margins: [Double], rounding: FloatingPointRoundingRule) -> Double {
    func widened(_ value: Double) -> Double {
      let error = 16 * RoundingError.unit * value
      return rounding == .up ? (value + error).nextUp : max(0, (value - error).nextDown)
    }
    func step(_ value: Double) -> Double { rounding == .up ? value.nextUp : value.nextDown }
    var exponents = [0] + margins
    let largest = exponents.indices.reduce(0) { exponents[$1] > exponents[$0] ? $1 : $0 }
    let shift = exponents.remove(at: largest)
    guard shift < .infinity else { return rounding == .up ? .infinity : .greatestFiniteMagnitude }
    var sum = 0.0
    for exponent in exponents {
      let difference = shift == 0 ? exponent : step(exponent - shift)
      sum = max(0, step(sum + widened(exp(difference))))
    }
    let rest = widened(log1p(sum))
    return shift == 0 ? rest : max(0, step(shift + rest))
  }
}
