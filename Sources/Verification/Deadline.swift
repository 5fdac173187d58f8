/// A moment by which work is to stop, on the monotonic clock.
public struct Deadline: Sendable {
  private let start = ContinuousClock.now
  private let limit: Double

  /// So many seconds from now; infinity means never.
  public init(seconds: Double) {
    limit = seconds
  }

  /// Seconds since it was made.
  public var elapsed: Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }

  /// Seconds left, not below zero.
  public var remaining: Double { max(0, limit - elapsed) }

  /// Whether the moment has come.
  public var hasPassed: Bool { elapsed >= limit }
}
