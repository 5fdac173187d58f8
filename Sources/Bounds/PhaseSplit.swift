import Networks

/// One unit's phase as a branch fixes it, and the multiplier of that condition in the branch's bound.
///
/// With s = 1 for active and −1 for inactive, `s·z ≥ 0` on the branch, so that `β·s·z` may be added to any row that is
/// bounded from above there; and the unit is affine, its output z or 0.
/// - Source: Wang et al. 2021, "Beta-CROWN", eq. 7.
public struct PhaseSplit: Hashable, Sendable {
  /// The activation node, and the unit's position in it.
  public let node: NodeID
  public let unit: Int
  /// Whether the pre-activation is at least zero on the branch, not at most.
  public let isActive: Bool
  /// β, not negative.
  public var multiplier: Double

  /// A split with its multiplier.
  public init(node: NodeID, unit: Int, isActive: Bool, multiplier: Double = 0) {
    self.node = node
    self.unit = unit
    self.isActive = isActive
    self.multiplier = multiplier
  }
}

/// The splits of one activation node in all rows that are bounded together.
struct LayerSplits {
  /// One row's unit.
  private struct Entry {
    var row: Int
    let unit: Int
    let isActive: Bool
    var multiplier: Double
    /// The size that the multiplier is likely to have: that of the row's coefficients here.
    var scale = 0.0
    /// The least that the multiplier may become, and whether it counts as zero for now.
    var floor = 0.0
    var isHeld = false
    /// The coefficient or the pre-activation that the lines must not see.
    var saved = 0.0
    var gradient = 0.0, first = 0.0, second = 0.0
  }

  private var entries: [Entry] = []
  private let width: Int

  var isEmpty: Bool { entries.isEmpty }

  init(width: Int) { self.width = width }

  mutating func add(_ split: PhaseSplit, row: Int) {
    entries.append(Entry(row: row, unit: split.unit, isActive: split.isActive, multiplier: split.multiplier))
  }

  /// For each row, the multipliers of its splits in the order in which they were added.
  func multipliers(rows count: Int) -> [[Double]] {
    var multipliers = [[Double]](repeating: [], count: count)
    for entry in entries { multipliers[entry.row].append(entry.multiplier) }
    return multipliers
  }

  /// Takes the coefficients over split outputs out of the rows, before the lines see them.
  mutating func takeCoefficients<Scalar: RowScalar>(from rows: inout [Scalar]) {
    // A row's splits stand together, and share its mean.
    var mean = (row: -1, magnitude: 0.0)
    for k in entries.indices where entries[k].scale == 0 {
      let row = entries[k].row
      if mean.row != row {
        let sum = rows[row * width..<(row + 1) * width].reduce(0) { $0 + Double($1.magnitude) }
        mean = (row, sum / Double(width))
      }
      let scale = Double(rows[row * width + entries[k].unit].magnitude) + mean.magnitude
      entries[k].scale = scale > 0 ? scale : 1
      entries[k].floor = .infinity
    }
    for k in entries.indices {
      let at = entries[k].row * width + entries[k].unit
      entries[k].saved = Double(rows[at])
      rows[at] = 0
    }
    holdBare(in: rows)
  }

  /// Finds rows that splits have left bare, without a coefficient: what they bound is their constant, and where that does
  /// not close the branch, its emptiness alone can. The first pass sees the constant, without multipliers; from then on
  /// they stay above zero, which would never show emptiness nor tell anybody what to split next.
  private mutating func holdBare<Scalar: RowScalar>(in rows: [Scalar]) {
    var bare = (row: -1, is: false)
    for k in entries.indices where entries[k].floor == .infinity {
      let row = entries[k].row
      if bare.row != row {
        let isLeft = entries[k...].prefix { $0.row == row }.contains { $0.isActive && $0.saved != 0 }
        bare = (row, !isLeft && rows[row * width..<(row + 1) * width].allSatisfy { $0 == 0 })
      }
      entries[k].floor = bare.is ? entries[k].scale / 16 : 0
      entries[k].isHeld = bare.is
    }
  }

  /// Whether multipliers of bare rows did not count in the last pass.
  var holdsBare: Bool { entries.contains(where: \.isHeld) }

  /// Lets multipliers of bare rows count.
  mutating func releaseBare() {
    for k in entries.indices where entries[k].isHeld {
      entries[k].isHeld = false
      entries[k].multiplier = max(entries[k].multiplier, entries[k].floor)
    }
  }

  /// Puts coefficients over the split pre-activations in.
  ///
  /// - Soundness: an active unit's output is z, and any coefficient on z that is no smaller than a bounds a·z from above
  ///   where z ≥ 0; a sum a + β is no smaller than a after it was rounded, to either type, for a is of the rows' type. An
  ///   inactive unit's output is 0, and any coefficient that is not positive is sound where z ≤ 0.
  func putCoefficients<Scalar: RowScalar>(into rows: inout [Scalar]) {
    for entry in entries {
      let multiplier = entry.isHeld ? 0 : entry.multiplier
      rows[entry.row * width + entry.unit] = Scalar(
        entry.isActive ? max(entry.saved, entry.saved + multiplier) : -multiplier)
    }
  }

  /// Keeps the split pre-activations, before the lines replace them.
  mutating func takeValues<Scalar: RowScalar>(from values: [Scalar]) {
    for k in entries.indices { entries[k].saved = Double(values[entries[k].row * width + entries[k].unit]) }
  }

  /// Puts the split units' outputs in; what was kept are the bounds' derivatives with respect to the multipliers.
  mutating func putValues<Scalar: RowScalar>(into values: inout [Scalar]) {
    for k in entries.indices {
      let value = entries[k].saved
      entries[k].gradient = entries[k].isActive ? value : -value
      values[entries[k].row * width + entries[k].unit] = entries[k].isActive ? Scalar(value) : 0
    }
  }

  /// One step of Adam towards smaller bounds; multipliers stay at least zero.
  mutating func descend(by adam: Adam) {
    for k in entries.indices {
      let gradient = entries[k].gradient
      entries[k].first = Adam.beta1 * entries[k].first + (1 - Adam.beta1) * gradient
      entries[k].second = Adam.beta2 * entries[k].second + (1 - Adam.beta2) * gradient * gradient
      let step = adam.scaledStep * entries[k].first / (entries[k].second.squareRoot() + adam.scaledEpsilon)
      let multiplier = entries[k].multiplier - entries[k].scale * step
      // What is not finite counts as none.
      entries[k].multiplier = multiplier.isFinite ? max(multiplier, entries[k].floor) : entries[k].floor
    }
  }

  /// Goes on with some of the rows only.
  mutating func keep(_ kept: [Int]) {
    var position: [Int: Int] = [:]
    for (new, old) in kept.enumerated() { position[old] = new }
    entries = entries.compactMap { entry in
      guard let row = position[entry.row] else { return nil }
      var entry = entry
      entry.row = row
      return entry
    }
  }
}
