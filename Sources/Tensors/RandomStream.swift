import Foundation

/// A repeatable random generator, one independent stream for each purpose.
///
/// The numbers depend on the seed, the purpose and the index alone: not on thread timing, nor on how the
/// standard library turns bits into reals.
/// - Source: SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).
public struct RandomStream: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// The stream for one purpose of a run.
  ///
  /// - Parameters:
  ///   - seed: the run's seed, as recorded with its results.
  ///   - purpose: what the numbers are for, such as `"pgd"`.
  ///   - index: which of many like streams, such as a sample's index.
  public init(seed: UInt64, purpose: String, index: Int = 0) {
    // FNV-1a over the purpose, then two rounds of mixing, so that streams of one seed start far apart.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    state = seed
    state = next() ^ hash
    state = next() ^ UInt64(bitPattern: Int64(index))
    state = next()
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number uniform in `[0, 1)`, a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number uniform in `[lower, upper)`, or `lower` where they are equal.
  public mutating func uniform(_ lower: Double, _ upper: Double) -> Double {
    lower + (upper - lower) * uniform()
  }

  /// A number from the standard normal distribution (Box–Muller).
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }

  /// A number uniform in `0..<count`, without bias.
  ///
  /// - Precondition: `count` is positive.
  public mutating func index(below count: Int) -> Int {
    precondition(count > 0, "No index lies below \(count)")
    let bound = UInt64(count)
    let limit = UInt64.max - UInt64.max % bound
    while true {
      let bits = next()
      if bits < limit { return Int(bits % bound) }
    }
  }

  /// Reorders the elements uniformly at random (Fisher–Yates).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, index(below: last + 1))
    }
  }
}
