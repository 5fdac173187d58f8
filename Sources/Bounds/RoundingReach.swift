import CKernels
import Intervals
import Networks
import Synchronization
import Tensors

/// By how much rows can be wrong for having been pulled through one linear layer on one region.
///
/// The pulled-back coefficients `fl(A·W)` differ from `A·W` by at most γ|A||W|, and from the file's `A·W` by the
/// coefficient error on top; on a box that changes the row's value by at most (γ + e)|A|·(|W||x|). The product |W||x| is
/// bounded block by block, at the price of a pass over x: the error terms are some 10⁻¹² of what they stand beside, and
/// a few times as much does not show. The constant `fl(A·b)`, always double precision, is wrong by at most γ|A||b|.
struct RoundingReach: Sendable {
  /// By how much one unit of coefficient on each of the layer's outputs can be wrong after it has been pulled through.
  let units: [Double]
  /// What all underflows of pulled-back coefficients together can change.
  let underflow: Double

  /// The reach of passes in a type.
  ///
  /// - Parameter box: what holds the layer's inputs.
  /// - Complexity: as `magnitudeBound(of:)`, far below one product with the layer.
  init<Scalar: RowScalar>(of layer: LinearLayer, on box: Box, in type: Scalar.Type) {
    let map = layer.map
    let magnitudes = box.magnitudes
    let pulled =
      (Scalar.gamma(map.longestSum + 16) + 2 * (layer.coefficientError + map.conversionError(to: type))).nextUp
    let constant = RoundingError.gamma(layer.bias.count + 16)
    let products = map.magnitudeBound(of: magnitudes)
    let up = 1 + 0x1p-49
    let reach = elementwise(products, layer.bias) { product, bias in
      (pulled * product + constant * bias.magnitude + RoundingError.underflow) * up
    }
    units = layer.biasError.isEmpty ? reach : elementwise(reach, layer.biasError) { ($0 + $1) * up }
    underflow = Scalar.underflow * (1 + ck_total(magnitudes, magnitudes.count))
  }

  /// What passes count that ignore rounding: nothing.
  init(ignoringRoundingOf layer: LinearLayer) {
    units = [Double](repeating: 0, count: layer.bias.count)
    underflow = 0
  }
}

/// The reaches that backward passes over one region have asked for, so that later passes need not compute them again.
///
/// Belongs to boxes that do not change: whoever tightens a box begins with none.
final class KnownReaches: Sendable {
  private struct Place: Hashable {
    let node: NodeID
    let precision: Precision
  }
  private let known = Mutex<[Place: RoundingReach]>([:])

  /// What was computed for a node before, or is now.
  func reach(of node: NodeID, in precision: Precision, _ compute: () -> RoundingReach) -> RoundingReach {
    let place = Place(node: node, precision: precision)
    if let reach = known.withLock({ $0[place] }) { return reach }
    let reach = compute()
    known.withLock { $0[place] = reach }
    return reach
  }
}

extension RegionBounds {
  /// What pulling rows through a linear node may get wrong.
  ///
  /// - Parameters:
  ///   - layer: the node's layer.
  ///   - source: the node that it reads.
  func reach<Scalar: RowScalar>(
    of node: NodeID, _ layer: LinearLayer, source: NodeID, in type: Scalar.Type
  ) -> RoundingReach {
    knownReaches.reach(of: node, in: Scalar.precision) {
      accountsForRounding
        ? RoundingReach(of: layer, on: boxes[source.index], in: type) : RoundingReach(ignoringRoundingOf: layer)
    }
  }
}
