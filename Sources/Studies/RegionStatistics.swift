import Bounds
import Networks
import Tensors

/// What interval propagation meets on one sample's region, whatever the method that bounds its margins.
public struct RegionStatistics: Codable, Hashable, Sendable {
  /// The mean over the wrong classes of ``PropagationTightness``.
  public var tightness: Double
  /// The ReLUs by interval propagation on the region, and at the image alone. A radius below
  /// `RegionStatistics.leastRadius` counts as that for the former.
  public var status, statusAtImage: ReLUStatus
  /// How many ReLUs were seen with both signs at random points (``SignChanges``).
  public var signChanges: Int
  /// The box of the margins.
  public var margins: MarginBox

  /// The smallest radius on which ReLUs are told apart: the limit ε → 0 without the rounding of a box that is a point.
  ///
  /// - Source: CTBench's code.
  static let leastRadius = 1e-6

  /// The statistics of one sample.
  ///
  /// - Parameters:
  ///   - image: the region's centre, inside the valid range.
  ///   - region: the ball of the given radius around it, clipped to the valid range.
  ///   - stream: the random numbers of ``SignChanges``.
  /// - Throws: `RegionError` as `Region.init(ballAround:radius:validRange:)`.
  public init(
    of network: Network, at image: [Double], label: Int, region: Region, radius: Double,
    validRange: ClosedRange<Double>, using stream: inout RandomStream
  ) throws(RegionError) {
    let bounds = RegionBounds(of: network, over: region.outer)
    let counted =
      radius >= Self.leastRadius
      ? bounds
      : RegionBounds(
        of: network, over: try Region(ballAround: image, radius: Self.leastRadius, validRange: validRange).outer)
    tightness = Statistics.mean(
      PropagationTightness.ofMargins(of: network, at: image, over: region.outer, label: label))
    status = ReLUStatus(in: counted)
    statusAtImage = ReLUStatus(in: RegionBounds(of: network, over: Box(lower: image, upper: image)))
    signChanges = SignChanges.count(in: network, over: region, using: &stream)
    margins = MarginBox(bounds, outputs: network.outputs(image), label: label)
  }
}

/// The statistics of a region one by one, for tables and files.
public enum RegionStatistic: String, CaseIterable, Sendable {
  case tightness, dead, active, unstable, signChanges, deadAtImage, activeAtImage, unstableAtImage
  case halfWidth, naturalMargin, halfWidthToMargin

  /// What people read.
  var title: String {
    switch self {
    case .tightness: "propagation tightness"
    case .dead: "dead ReLUs, %"
    case .active: "active ReLUs, %"
    case .unstable: "unstable ReLUs, %"
    case .signChanges: "seen with both signs, %"
    case .deadAtImage: "dead at the image, %"
    case .activeAtImage: "active at the image, %"
    case .unstableAtImage: "unstable at the image, %"
    case .halfWidth: "half width of margins"
    case .naturalMargin: "natural margin"
    case .halfWidthToMargin: "half width / natural margin"
    }
  }

  /// Its value for one sample, ReLUs as shares in percent; nil for shares of a network without ReLUs.
  public func value(in statistics: RegionStatistics) -> Double? {
    func share(_ count: Int) -> Double? {
      let units = statistics.status.units
      return units == 0 ? nil : 100 * Double(count) / Double(units)
    }
    return switch self {
    case .tightness: statistics.tightness
    case .dead: share(statistics.status.dead)
    case .active: share(statistics.status.active)
    case .unstable: share(statistics.status.unstable)
    case .signChanges: share(statistics.signChanges)
    case .deadAtImage: share(statistics.statusAtImage.dead)
    case .activeAtImage: share(statistics.statusAtImage.active)
    case .unstableAtImage: share(statistics.statusAtImage.unstable)
    case .halfWidth: statistics.margins.meanHalfWidth
    case .naturalMargin: statistics.margins.naturalMargin
    case .halfWidthToMargin: statistics.margins.ratio
    }
  }
}
