import Bounds
import Networks

/// The size of the box that interval propagation gives to a sample's margins, beside the margin that the sample has.
///
/// - Source: CTBench (Mao et al. 2024), network statistics: output box size with last-layer elision, natural margin, and
///   their ratio.
public struct MarginBox: Codable, Hashable, Sendable {
  /// The mean, over the wrong classes, of the half width of the range of o_i − o_y on the region.
  public var meanHalfWidth: Double
  /// The largest output at the centre minus the second largest, whichever the label is.
  public var naturalMargin: Double

  /// How many natural margins the mean half width is; infinite where the largest outputs are equal.
  public var ratio: Double { naturalMargin > 0 ? meanHalfWidth / naturalMargin : .infinity }

  /// The given sizes.
  public init(meanHalfWidth: Double, naturalMargin: Double) {
    self.meanHalfWidth = meanHalfWidth
    self.naturalMargin = naturalMargin
  }

  /// The sizes for one sample.
  ///
  /// - Parameters:
  ///   - bounds: interval propagation's, over the region.
  ///   - outputs: the network's outputs at the image, two at least.
  ///   - label: the class that margins are over.
  public init(_ bounds: RegionBounds, outputs: [Double], label: Int) {
    let classes = outputs.indices.filter { $0 != label }
    var rows = LinearRows.margins(of: classes, label: label, outputs: outputs.count)
    let upper = bounds.upperBounds(of: rows, by: .ibp)
    rows.coefficients = rows.coefficients.map { -$0 }
    let negatedLower = bounds.upperBounds(of: rows, by: .ibp)
    meanHalfWidth = Statistics.mean(zip(upper, negatedLower).map { $0 / 2 + $1 / 2 })
    let sorted = outputs.sorted(by: >)
    naturalMargin = sorted[0] - sorted[1]
  }
}
