/// Arrays of numbers as bytes, for two processes of one program: native byte order, each array behind its count.
struct MessageWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write<Number: MessageNumber>(_ numbers: [Number]) {
    withUnsafeBytes(of: numbers.count) { bytes.append(contentsOf: $0) }
    numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }
}

/// Reads what ``MessageWriter`` wrote, in the same order.
struct MessageReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Whether everything was read.
  var isAtEnd: Bool { position == bytes.count }

  /// The next array; nil where the bytes end before it does.
  mutating func read<Number: MessageNumber>(_ type: Number.Type = Number.self) -> [Number]? {
    guard let count = take(1, Int.self)?.first else { return nil }
    return take(count, type)
  }

  private mutating func take<Number: MessageNumber>(_ count: Int, _ type: Number.Type) -> [Number]? {
    let width = MemoryLayout<Number>.size
    guard count >= 0, count <= (bytes.count - position) / width else { return nil }
    defer { position += count * width }
    return bytes.withUnsafeBytes { bytes in
      (0..<count).map { bytes.loadUnaligned(fromByteOffset: position + $0 * width, as: type) }
    }
  }
}

/// A number of which any bits are a value.
protocol MessageNumber: BitwiseCopyable {}
extension UInt8: MessageNumber {}
extension Int32: MessageNumber {}
extension Int: MessageNumber {}
extension Double: MessageNumber {}
