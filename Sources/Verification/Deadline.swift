/// A moment by which work is to stop, on the monotonic clock.
public struct Deadline: Sendable {
  private let start = ContinuousClock.now
  private let limit: Double
  private var pausedSeconds = 0.0

  /// So many seconds from now; infinity means never.
  public init(seconds: Double) {
    limit = seconds
  }

  /// Takes out of account seconds that were spent waiting for somebody else's work.
  public mutating func discount(_ seconds: Double) {
    pausedSeconds += seconds
  }

  /// Seconds since it was made, less those that were discounted.
  public var elapsed: Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) * 1e-18 - pausedSeconds
  }

  /// Seconds left, not below zero.
  public var remaining: Double { max(0, limit - elapsed) }

  /// Whether the moment has come.
  public var hasPassed: Bool { elapsed >= limit }
}
