/// One of several equal parts of a data set's samples, to be done somewhere else than the others.
public struct Shard: Hashable, Sendable, CustomStringConvertible {
  /// Which part, from 1, and of how many.
  public let number, count: Int

  /// The part that `3/16` names; nil for anything that names none.
  public init?(parsing text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let number = parts[0], let count = parts[1], count >= 1,
      (1...count).contains(number)
    else {
      return nil
    }
    self.number = number
    self.count = count
  }

  /// Every so-manieth of the samples, so that the parts are about as hard as each other.
  public func select<Sample>(_ samples: [Sample]) -> [Sample] {
    samples.enumerated().filter { $0.offset % count == number - 1 }.map(\.element)
  }

  public var description: String { "\(number)/\(count)" }
}
