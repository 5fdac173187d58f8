/// Which samples of a data set: a set of indices, written like `0..<100`, `0...99`, `17`, or several of these
/// with commas between them.
public struct SampleRange: Hashable, Sendable, CustomStringConvertible {
  /// The indices in increasing order, as ranges that neither overlap nor touch.
  public let ranges: [Range<Int>]

  /// One run of indices.
  ///
  /// - Precondition: the range has an element and none below 0.
  public init(_ range: Range<Int>) {
    precondition(!range.isEmpty && range.lowerBound >= 0, "\(range) names no samples")
    ranges = [range]
  }

  /// The indices that a text names; indices that are named twice count once.
  ///
  /// - Throws: ``SampleRangeError`` naming the part of the text that is wrong.
  public init(parsing text: String) throws(SampleRangeError) {
    var parts: [Range<Int>] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      parts.append(try SampleRange.range(part.trimmingSpaces(), in: text))
    }
    parts.sort { $0.lowerBound < $1.lowerBound }
    var merged: [Range<Int>] = []
    for part in parts {
      if let last = merged.last, part.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, part.upperBound)
      } else {
        merged.append(part)
      }
    }
    ranges = merged
  }

  /// The indices, each once, in increasing order.
  ///
  /// - Parameter count: how many samples the data set has.
  /// - Throws: ``SampleRangeError/outside(index:count:)`` if an index lies outside the data set.
  public func resolve(count: Int) throws(SampleRangeError) -> [Int] {
    if let last = ranges.last, last.upperBound > count {
      throw .outside(index: last.upperBound - 1, count: count)
    }
    return ranges.flatMap { Array($0) }
  }

  /// A text that parses to these indices.
  public var description: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)..<\($0.upperBound)" }.joined(separator: ",")
  }

  private static func range(_ part: String, in text: String) throws(SampleRangeError) -> Range<Int> {
    let ends: [String]
    let closed: Bool
    if let separator = part.firstRange(of: "..<") {
      ends = [String(part[..<separator.lowerBound]), String(part[separator.upperBound...])]
      closed = false
    } else if let separator = part.firstRange(of: "...") {
      ends = [String(part[..<separator.lowerBound]), String(part[separator.upperBound...])]
      closed = true
    } else {
      ends = [part, part]
      closed = true
    }
    let lower = try index(ends[0], of: part, in: text)
    let last = try index(ends[1], of: part, in: text)
    let upper = closed ? last + 1 : last
    guard lower < upper else { throw .empty(part: part) }
    return lower..<upper
  }

  /// Nothing but decimal digits, few enough to leave room above.
  private static func index(_ digits: String, of part: String, in text: String) throws(SampleRangeError) -> Int {
    let magnitude = digits.hasPrefix("-") ? digits.dropFirst() : digits[...]
    guard !magnitude.isEmpty, magnitude.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { throw .malformed(part: part, text: text) }
    guard digits.count == magnitude.count else { throw .negative(part: part) }
    guard let index = Int(magnitude), index < Int.max else { throw .tooLarge(part: part) }
    return index
  }
}

/// Why a text names no samples, or samples that a data set does not have.
public enum SampleRangeError: Error, Equatable, Sendable, CustomStringConvertible {
  case malformed(part: String, text: String)
  case negative(part: String)
  case empty(part: String)
  case tooLarge(part: String)
  case outside(index: Int, count: Int)

  public var description: String {
    switch self {
    case .malformed(let part, let text):
      "`\(part)` in the samples `\(text)` is no range: write `0..<100`, `0...99`, `17`, or several with commas"
    case .negative(let part): "`\(part)` has a negative end: samples count from 0"
    case .empty(let part): "`\(part)` contains no sample: the end must lie after the start"
    case .tooLarge(let part): "`\(part)` has an end beyond any data set"
    case .outside(let index, let count):
      "sample \(index) is not in the data set, which has \(count) samples: 0 to \(count - 1)"
    }
  }
}

extension Substring {
  fileprivate func trimmingSpaces() -> String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
