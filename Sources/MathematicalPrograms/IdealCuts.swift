import Intervals
import Networks
import RegionNetworks

/// An affine upper limit of a unit's output, which holds everywhere on the region.
public struct OutputCut: Sendable {
  /// The unit.
  public let unit: Int
  /// The limit over inputs and units; the output is at most its value plus its error.
  public let limit: AffineRow
  /// The limit's slopes over what the unit's layer reads, in the order of the layer's terms.
  public let slopes: [Double]
}

/// Facets of the convex hull of one ReLU over the box of all that its layer reads.
///
/// The triangle knows of a unit only the range of its pre-activation; the hull of `y = ReLU(w·v + b)` over a box of v
/// has exponentially many more facets, of which the most violated one at a point is found by sorting. A few rounds of
/// them close most of the distance between the triangle's linear program and the exact value.
/// - Soundness: with any slopes a, `y − a·v` is convex in v and largest at a corner: of the half where y is zero or of
///   that where it is `w·v + b`. So `y ≤ a·v + max(max −a·v, b + max (w − a)·v)` over the box, two sums that are
///   computed here with outward rounding; the facet only says which slopes make the limit tight.
/// - Source: Anderson et al. 2020, "Strong mixed-integer programming formulations for trained neural networks",
///   proposition 12; Tjandraatmadja et al. 2020, "The convex relaxation barrier, revisited", section 3.
public struct IdealCuts: Sendable {
  /// How far a solution must violate a cut, relative to the unit's largest output, for the cut to be worth a row.
  private static let leastViolation = 1e-3

  private let region: RegionNetwork
  private let layers: [LayerRow]

  /// The hulls of all units of a region network.
  public init(_ region: RegionNetwork) {
    self.region = region
    layers = region.layerRows()
  }

  /// For each unit whose output in a solution lies above its hull, the facet that it violates most.
  ///
  /// - Parameters:
  ///   - input: the solution's input.
  ///   - outputs: the solution's outputs of all units.
  ///   - units: those to look at.
  public func violated(input: [Double], outputs: [Double], units: [Int]) -> [OutputCut] {
    let values = region.nodeValues(input: input, outputs: outputs)
    var found: [(unit: Int, slopes: [Double])] = []
    for unit in units {
      let layer = layers[unit]
      let slopes = facet(of: layer, at: values)
      guard let constant = Self.constant(of: layer, slopes: slopes) else { continue }
      let limit = zip(layer.terms, slopes).reduce(constant) {
        $0 + $1.1 * values[$1.0.node.index][$1.0.element]
      }
      guard outputs[unit] - limit > Self.leastViolation * region.units[unit].upper else { continue }
      found.append((unit, slopes))
    }
    return cuts(found)
  }

  /// The cuts of another region network of the same network that bound units of this one as well, as tight as this
  /// region allows, each with its position among the others.
  public func adapted(_ cuts: [OutputCut], of other: RegionNetwork) -> [(position: Int, cut: OutputCut)] {
    let units = Dictionary(uniqueKeysWithValues: zip(region.units.map(\.position), region.units.indices))
    let kept = cuts.indices.compactMap { position in
      units[other.units[cuts[position].unit].position].map {
        (position: position, unit: $0, slopes: cuts[position].slopes)
      }
    }
    let adapted = self.cuts(kept.map { ($0.unit, $0.slopes) })
    // A cut that overflows here was left out; then nothing says which is which.
    return adapted.count == kept.count ? zip(kept, adapted).map { ($0.position, $1) } : []
  }

  /// The cuts with the given slopes.
  private func cuts(_ wanted: [(unit: Int, slopes: [Double])]) -> [OutputCut] {
    var found: [(unit: Int, slopes: [Double], constant: Double)] = []
    for (unit, slopes) in wanted {
      guard slopes.count == layers[unit].terms.count,
        let constant = Self.constant(of: layers[unit], slopes: slopes)
      else { continue }
      found.append((unit, slopes, constant))
    }
    guard !found.isEmpty else { return [] }
    let sums = found.map { cut in
      zip(layers[cut.unit].terms, cut.slopes).compactMap { $1 == 0 ? nil : $0.withCoefficient($1) }
    }
    guard let rows = region.rows(sums) else { return [] }
    return zip(found, rows).map { OutputCut(unit: $0.unit, limit: $1.raised(by: $0.constant), slopes: $0.slopes) }
  }

  /// The slopes of the facet that is lowest at a point, one for each term.
  ///
  /// The facet is `Σ_{i∈I} wᵢ(vᵢ − L̆ᵢ) + ℓ(I)/(Ŭⱼ − L̆ⱼ)·(vⱼ − L̆ⱼ)`, L̆ the end of each range where the term is
  /// smallest and Ŭ the other, `ℓ(I) = b + Σ_{i∈I} wᵢL̆ᵢ + Σ_{i∉I} wᵢŬᵢ`: terms enter I in the order of
  /// `(vᵢ − L̆ᵢ)/(Ŭᵢ − L̆ᵢ)` until the next one, j, would make ℓ negative.
  private func facet(of layer: LayerRow, at values: [[Double]]) -> [Double] {
    var slopes = [Double](repeating: 0, count: layer.terms.count)
    var rest = layer.constant
    var order: [(position: Double, term: Int, swing: Double)] = []
    order.reserveCapacity(layer.terms.count)
    for (index, term) in layer.terms.enumerated() {
      let (w, range) = (term.coefficient, term.range)
      rest += max(w * range.lower, w * range.upper)
      let width = range.upper - range.lower
      guard width > 0 else { continue }
      let value = values[term.node.index][term.element]
      let position = (w > 0 ? value - range.lower : range.upper - value) / width
      order.append((position, index, w.magnitude * width))
    }
    order.sort { ($0.position, $0.term) < ($1.position, $1.term) }
    for (_, index, swing) in order {
      let w = layer.terms[index].coefficient
      guard rest - swing >= 0 else {
        slopes[index] = swing > 0 ? max(0, rest) / swing * w : 0
        break
      }
      rest -= swing
      slopes[index] = w
    }
    return slopes
  }

  /// The smallest c for which `y ≤ a·v + c` on the whole box, rounded up; nil where it overflows.
  private static func constant(of layer: LayerRow, slopes: [Double]) -> Double? {
    var inactive = 0.0
    var active = layer.constant
    var size = layer.constant.magnitude
    for (term, slope) in zip(layer.terms, slopes) {
      let range = term.range
      inactive += max(-slope * range.lower, -slope * range.upper)
      let left = term.coefficient - slope
      active += max(left * range.lower, left * range.upper)
      size += (term.coefficient.magnitude + slope.magnitude) * range.magnitude
    }
    let error = RoundingError.gamma(2 * slopes.count + 8) * size * (1 + 0x1p-20) + RoundingError.underflow
    let constant = (max(inactive, active) + (error + layer.error).nextUp).nextUp
    return constant.isFinite ? constant : nil
  }
}
