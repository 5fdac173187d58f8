import Synchronization

/// The absolute values of a map's coefficients, computed when they are first asked for and kept.
///
/// A network that is only read, run or written never needs them, and they are as large as the coefficients.
final class Magnitudes: Sendable {
  private let cache = Mutex<[Double]?>(nil)

  /// The absolute values of the coefficients, which are the same at every call.
  func of(_ coefficients: [Double]) -> [Double] {
    cache.withLock { cached in
      if let cached { return cached }
      let magnitudes = coefficients.map(\.magnitude)
      cached = magnitudes
      return magnitudes
    }
  }
}
