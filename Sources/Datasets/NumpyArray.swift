import Foundation
import Gzip
import Tensors

/// Arrays in NumPy's `.npy` files.
public enum NumpyArray {
  /// The precision of written elements.
  public enum Precision: Hashable, Sendable {
    /// `<f4`: each value rounded to the nearest single.
    case single
    /// `<f8`: each value as it is.
    case double
  }

  /// Reads an array of `<f4`, `<f8`, `|u1`, `|i1`, `<i4` or `<i8` in C order (format versions 1 and 2).
  ///
  /// Values are exact: what no double equals is refused.
  /// - Throws: ``NumpyError``.
  public static func read(_ file: URL) throws(NumpyError) -> Tensor<Double> {
    do throws(GzipError) {
      try RegularFile.size(of: file.path)
    } catch {
      guard case .unreadable(_, let reason) = error else { throw .unreadable(file: file.path, reason: "\(error)") }
      throw .unreadable(file: file.path, reason: reason)
    }
    let data: Data
    do {
      data = try Data(contentsOf: file)
    } catch {
      throw .unreadable(file: file.path, reason: error.localizedDescription)
    }
    return try decode(data, file: file.path)
  }

  /// Writes an array in C order; the file appears whole or not at all, and replaces an older one in one step.
  ///
  /// - Throws: ``NumpyError``; ``NumpyError/overflow(file:index:value:)`` where a finite value is too large for
  ///   the precision.
  public static func write(
    _ tensor: Tensor<Double>, to file: URL, precision: Precision = .double
  ) throws(NumpyError) {
    let data = try encode(tensor, precision: precision, file: file.path)
    do {
      try data.write(to: file, options: .atomic)
    } catch {
      throw .unwritable(file: file.path, reason: error.localizedDescription)
    }
  }

  /// The array that the bytes of a `.npy` file hold; `file` names it in errors.
  static func decode(_ data: some ContiguousBytes, file: String) throws(NumpyError) -> Tensor<Double> {
    try withBytes(of: data) { bytes throws(NumpyError) in try decode(bytes, file: file) }
  }

  /// The element type, the shape and where the elements start in the bytes of a `.npy` file.
  ///
  /// - Throws: ``NumpyError``, also for arrays in Fortran order; the elements are not looked at.
  static func layout(
    of data: some ContiguousBytes, file: String
  ) throws(NumpyError) -> (descriptor: String, shape: Shape, start: Int) {
    try withBytes(of: data) { bytes throws(NumpyError) in try layout(of: bytes, file: file) }
  }

  private static func withBytes<Value>(
    of data: some ContiguousBytes, _ body: (UnsafeRawBufferPointer) throws(NumpyError) -> Value
  ) throws(NumpyError) -> Value {
    let result: Result<Value, NumpyError> = data.withUnsafeBytes { bytes in
      do throws(NumpyError) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  private static func layout(
    of bytes: UnsafeRawBufferPointer, file: String
  ) throws(NumpyError) -> (descriptor: String, shape: Shape, start: Int) {
    let (header, start) = try NumpyHeader.read(bytes, file: file)
    let shape: Shape
    do throws(ShapeError) {
      shape = try Shape(header.extents)
    } catch {
      throw .shape(file: file, reason: error.description)
    }
    guard !header.isFortranOrder else { throw .fortranOrder(file: file) }
    return (header.descriptor, shape, start)
  }

  private static func decode(_ bytes: UnsafeRawBufferPointer, file: String) throws(NumpyError) -> Tensor<Double> {
    let (descriptor, shape, start) = try layout(of: bytes, file: file)
    let elements = UnsafeRawBufferPointer(rebasing: bytes[start...])
    func values<Bits: FixedWidthInteger>(
      of type: Bits.Type, _ value: (Bits) -> Double?
    ) throws(NumpyError) -> [Double] {
      let expected = shape.count * MemoryLayout<Bits>.size
      guard elements.count == expected else {
        throw .length(file: file, shape: shape.extents, expected: expected, found: elements.count)
      }
      var result: [Double] = []
      result.reserveCapacity(shape.count)
      for index in 0..<shape.count {
        let offset = index * MemoryLayout<Bits>.size
        let bits = Bits(littleEndian: elements.loadUnaligned(fromByteOffset: offset, as: Bits.self))
        guard let value = value(bits) else {
          throw .notRepresentable(file: file, index: index, value: "\(bits)")
        }
        result.append(value)
      }
      return result
    }
    let result: [Double]
    switch descriptor {
    case "<f4": result = try values(of: UInt32.self) { Double(Float(bitPattern: $0)) }
    case "<f8": result = try values(of: UInt64.self) { Double(bitPattern: $0) }
    case "|u1": result = try values(of: UInt8.self) { Double($0) }
    case "|i1", "<i1": result = try values(of: Int8.self) { Double($0) }
    case "<i4": result = try values(of: Int32.self) { Double($0) }
    case "<i8": result = try values(of: Int64.self) { Double(exactly: $0) }
    default: throw .elementType(file: file, descriptor: descriptor)
    }
    return Tensor(shape: shape, values: result)
  }

  /// The bytes of a `.npy` file with the array; `file` names it in errors.
  static func encode(_ tensor: Tensor<Double>, precision: Precision, file: String) throws(NumpyError) -> Data {
    let descriptor =
      switch precision {
      case .single: "<f4"
      case .double: "<f8"
      }
    var data = Data(
      NumpyHeader(descriptor: descriptor, isFortranOrder: false, extents: tensor.shape.extents).encoded())
    switch precision {
    case .single:
      var words: [UInt32] = []
      words.reserveCapacity(tensor.values.count)
      for (index, value) in tensor.values.enumerated() {
        let single = Float(value)
        guard single.isFinite || !value.isFinite else {
          throw .overflow(file: file, index: index, value: value)
        }
        words.append(single.bitPattern.littleEndian)
      }
      words.withUnsafeBytes { data.append(contentsOf: $0) }
    case .double:
      tensor.values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { data.append(contentsOf: $0) }
    }
    return data
  }
}
