import Networks
import Tensors

/// ReLUs that are seen with both signs at random inputs: a lower bound of the number of unstable units.
///
/// A unit that is positive at one input of the region and negative at another is unstable whatever the method that
/// bounds it, so that the distance to a method's count is at most the method's own looseness. Values are computed in
/// ordinary double precision: this is a statistic, not a proof.
/// - Source: CTBench (Mao et al. 2024), ReLU statistics: 50 Gaussian points, clipped to the region. The Gaussian's mean
///   and standard deviation are the region's centre and half width in each element.
public enum SignChanges {
  /// How many random inputs are tried.
  public static let points = 50
  /// How many are evaluated together, for the values of all nodes take memory.
  private static let pointsAtOnce = 10

  /// The number of units seen with both signs, over all ReLUs.
  ///
  /// - Parameters:
  ///   - region: where the inputs lie; points come from its inner box.
  ///   - stream: the random numbers, one normal number for each input element and point, points one after the other.
  /// - Complexity: ``points`` evaluations.
  public static func count(in network: Network, over region: Region, using stream: inout RandomStream) -> Int {
    let (centre, radius) = region.inner.centreAndRadius
    var wasPositive = network.nodes.map { [Bool](repeating: false, count: $0.shape.count) }
    var wasNegative = wasPositive
    for _ in 0..<points / pointsAtOnce {
      var inputs: [Double] = []
      inputs.reserveCapacity(pointsAtOnce * network.inputCount)
      for _ in 0..<pointsAtOnce {
        inputs += region.inner.clamp(centre.indices.map { centre[$0] + radius[$0] * stream.normal() })
      }
      let evaluation = network.evaluate(inputs, batch: pointsAtOnce)
      for node in network.nodes {
        guard case .activation(.relu, let source) = node.operation else { continue }
        let width = node.shape.count
        for (position, value) in evaluation.values[source.index].enumerated() {
          if value > 0 { wasPositive[node.id.index][position % width] = true }
          if value < 0 { wasNegative[node.id.index][position % width] = true }
        }
      }
    }
    return zip(wasPositive, wasNegative).reduce(0) { total, node in
      total + zip(node.0, node.1).count { $0 && $1 }
    }
  }
}
