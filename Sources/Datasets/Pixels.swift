/// What the images of a data set are made of, and which values an element may take.
public enum Pixels: Hashable, Sendable {
  /// Bytes; as an input of a network, byte b is the number b/255, so that the valid range is `[0, 1]`.
  case bytes([UInt8])
  /// Numbers that go into the network as they are, with the range that a perturbed element keeps to.
  case numbers([Double], validRange: ClosedRange<Double>)

  /// How many elements there are.
  public var count: Int {
    switch self {
    case .bytes(let bytes): bytes.count
    case .numbers(let numbers, _): numbers.count
    }
  }

  /// The bytes, or nil where the images are numbers.
  public var bytes: [UInt8]? {
    if case .bytes(let bytes) = self { bytes } else { nil }
  }

  /// The range that every element of an input keeps to, perturbed or not.
  public var validRange: ClosedRange<Double> {
    switch self {
    case .bytes: 0...1
    case .numbers(_, let range): range
    }
  }

  /// Some elements as inputs, bytes correctly rounded.
  func values(_ range: Range<Int>) -> [Double] {
    switch self {
    case .bytes(let bytes): bytes[range].map { Double($0) / 255 }
    case .numbers(let numbers, _): Array(numbers[range])
    }
  }

  /// The first elements.
  func prefix(_ length: Int) -> Pixels {
    switch self {
    case .bytes(let bytes): .bytes(Array(bytes.prefix(length)))
    case .numbers(let numbers, let range): .numbers(Array(numbers.prefix(length)), validRange: range)
    }
  }

  /// The position of the first number that is not in the valid range, or not a number at all.
  var firstOutside: Int? {
    switch self {
    case .bytes: nil
    case .numbers(let numbers, let range): numbers.firstIndex { !range.contains($0) }
    }
  }
}
