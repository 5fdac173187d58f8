import Bounds
import Networks

/// How many ReLUs are dead, active and unstable on a region.
///
/// A unit with pre-activations in `[l, u]` is *dead* where u ≤ 0 (its output is zero), else *active* where l ≥ 0 (its
/// output is its pre-activation), else *unstable*.
/// - Source: the ReLU statistics of CTBench (Mao et al. 2024), whose dead units have u < 0 and active ones l > 0. A range
///   that only touches zero counts as stable here, as it does for exact search; ranges are rounded outward, so that
///   hardly any does.
public struct ReLUStatus: Codable, Hashable, Sendable {
  /// How many units there are of each kind.
  public var dead, active, unstable: Int

  /// The given numbers.
  public init(dead: Int = 0, active: Int = 0, unstable: Int = 0) {
    self.dead = dead
    self.active = active
    self.unstable = unstable
  }

  /// The units of one activation node; nil if it holds no ReLUs.
  public init?(of node: Node, in bounds: RegionBounds) {
    guard case .activation(.relu, _) = node.operation else { return nil }
    let box = bounds.preActivations(of: node)
    unstable = bounds.unstableUnits(of: node).count
    dead = box.upper.count { $0 <= 0 }
    active = box.count - dead - unstable
  }

  /// The units of all activation nodes.
  public init(in bounds: RegionBounds) {
    self = bounds.network.activationNodes.compactMap { ReLUStatus(of: $0, in: bounds) }.reduce(ReLUStatus(), +)
  }

  /// How many units there are.
  public var units: Int { dead + active + unstable }

  /// The units of two parts of a network together.
  public static func + (a: ReLUStatus, b: ReLUStatus) -> ReLUStatus {
    ReLUStatus(dead: a.dead + b.dead, active: a.active + b.active, unstable: a.unstable + b.unstable)
  }
}
