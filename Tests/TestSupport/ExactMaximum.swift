import BigInt
import Bounds
import Intervals
import Networks

/// The exact largest values of rows over a ReLU network's outputs, over a box in which two inputs vary.
///
/// The box is a polygon in the plane. Each ReLU's line in turn, unit by unit, cuts every piece that it crosses in two;
/// on a piece all values are affine, so that a row is largest at a corner. Nothing is rounded, and nothing is shared
/// with the code under test.
public struct ExactMaximum {
  /// The largest value of each row.
  public private(set) var values: [Rational] = []
  /// How many linear pieces there are.
  public private(set) var pieces = 0

  private let network: Network
  private let rows: LinearRows
  /// The largest values so far, as fractions of a dyadic number and a whole one.
  private var best: [(numerator: Dyadic, denominator: BigInt)?]

  /// Enumerates all pieces.
  ///
  /// - Precondition: exactly two sides of the box are more than a point, and all activations are ReLUs.
  public init(of rows: LinearRows, of network: Network, over box: Box) {
    self.network = network
    self.rows = rows
    best = [(numerator: Dyadic, denominator: BigInt)?](repeating: nil, count: rows.count)
    let free = (0..<box.count).filter { box.lower[$0] < box.upper[$0] }
    precondition(free.count == 2, "\(free.count) inputs vary")
    var inputs = box.lower.map { AffineForm(constant: $0) }
    inputs[free[0]] = AffineForm(x: Dyadic(1.0))
    inputs[free[1]] = AffineForm(y: Dyadic(1.0))
    explore(
      PlanePolygon(
        lower: (box.lower[free[0]], box.lower[free[1]]), upper: (box.upper[free[0]], box.upper[free[1]])),
      values: [inputs])
    values = best.map { best in
      guard let best else { return .zero }
      return best.numerator.rational / Rational(best.denominator, 1)
    }
  }

  /// Follows the nodes after those whose values are known.
  private mutating func explore(_ piece: PlanePolygon, values known: [[AffineForm]]) {
    var values = known
    for node in network.nodes[known.count...] {
      if case .activation(_, let source) = node.operation {
        activate(values[source.index], on: piece, outputs: [], values: values)
        return
      }
      values.append(node.exactValue(from: values))
    }
    finish(piece, outputs: values[network.output.index])
  }

  /// Follows the units of one activation after those whose outputs are known.
  private mutating func activate(
    _ preActivations: [AffineForm], on piece: PlanePolygon, outputs known: [AffineForm], values: [[AffineForm]]
  ) {
    var outputs = known
    for form in preActivations[known.count...] {
      switch piece.split(by: form.whole.line) {
      case (let above?, let below?):
        activate(preActivations, on: above, outputs: outputs + [form], values: values)
        activate(preActivations, on: below, outputs: outputs + [.zero], values: values)
        return
      case (_?, nil): outputs.append(form)
      case (nil, _): outputs.append(.zero)
      }
    }
    explore(piece, values: values + [outputs])
  }

  private mutating func finish(_ piece: PlanePolygon, outputs: [AffineForm]) {
    pieces += 1
    for row in best.indices {
      let coefficients = rows.coefficients[row * rows.width..<(row + 1) * rows.width]
      let form = zip(coefficients, outputs).reduce(AffineForm.zero) { $0 + $1.0 * $1.1 }
      let (line, exponent) = form.whole
      for corner in piece.corners {
        let numerator = Dyadic(corner.point.weighted(line), exponent: exponent)
        let denominator = corner.point.weight
        if let known = best[row] {
          let difference =
            numerator * Dyadic(known.denominator, exponent: 0) + known.numerator * Dyadic(-denominator, exponent: 0)
          if difference.significand <= 0 { continue }
        }
        best[row] = (numerator, denominator)
      }
    }
  }
}
