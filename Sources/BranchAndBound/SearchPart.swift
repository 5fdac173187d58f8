import Bounds
import MathematicalPrograms
import RegionNetworks

/// A part of a search space: a box of inputs with some units' phases.
struct SearchPart {
  /// Bounds on the box.
  var bounds: RegionBounds
  /// The phases that are fixed.
  var phases: [UnitPosition: Phase]
  /// An upper bound of the row on the part.
  var upper: Double
  /// How many larger parts it lies in: the searches that wait for its own, each with a program in memory.
  var depth = 0

  /// The part's phases on a region network of its box, free where there are none; nil if no input has them.
  func phases(on region: RegionNetwork) -> [Phase]? {
    for (unit, phase) in phases {
      let range = bounds.preActivations(of: bounds.network[unit.node])[unit.element]
      if phase == .active ? range.upper < 0 : range.lower > 0 { return nil }
    }
    return region.units.map { phases[$0.position] ?? .free }
  }
}
