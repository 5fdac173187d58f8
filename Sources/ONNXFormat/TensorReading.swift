import Foundation

extension Constant {
  /// The values of a tensor as the file stores them.
  ///
  /// Nothing is allocated before the stored bytes are known to fill the declared extents.
  ///
  /// - Parameter weights: where to look for external data; nil if it is not to be read.
  init(_ tensor: Onnx_TensorProto, name: String, weights: ExternalWeights? = nil) throws(Fault) {
    func wrong(_ reason: String) -> Fault { .malformed(place: name.printable, reason: reason) }

    let isExternal = tensor.dataLocation == .external || !tensor.externalData.isEmpty
    guard let type = TensorType(rawValue: tensor.dataType) else {
      throw wrong("unknown element type \(tensor.dataType)")
    }
    guard let storage = type.storage else { throw wrong("element type \(type) is not supported") }

    let extents = tensor.dims.map { Int($0) }
    guard !extents.contains(where: { $0 < 0 }) else { throw wrong("negative dimension in \(extents.joined)") }
    guard !extents.contains(0) else { throw wrong("has no elements (\(extents.joined))") }
    guard let count = extents.elementCount,
      case let (bytes, overflow) = count.multipliedReportingOverflow(by: storage.width),
      !overflow
    else {
      throw wrong("\(extents.joined) elements need more than 2^63 bytes")
    }

    let values: [Double]
    if isExternal {
      guard let weights else { throw wrong("external data is not supported here: store the weights inside the file") }
      values = storage.decode(try weights.bytes(of: tensor, count: bytes, name: name), count: count)
    } else if tensor.hasRawData {
      guard tensor.rawData.count == bytes else {
        throw wrong("\(bytes) bytes expected for \(extents.joined), \(tensor.rawData.count) stored")
      }
      values = storage.decode(tensor.rawData, count: count)
    } else {
      let listed = storage.listed(in: tensor)
      guard listed.count == count else {
        throw wrong("\(count) elements expected for \(extents.joined), \(listed.count) stored")
      }
      values = listed
    }

    if !storage.isInteger, let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .malformed(
        place: name.printable + extents.position(of: index),
        reason: "is \(values[index]): every bound computed with it would be meaningless")
    }
    self.init(extents: extents, isInteger: storage.isInteger, values: values)
  }
}

/// The element types of the format; raw values are those of `TensorProto.DataType`.
enum TensorType: Int32 {
  case undefined, float, uint8, int8, uint16, int16, int32, int64, string, bool, float16, double, uint32, uint64
  case complex64, complex128, bfloat16, float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, uint4, int4
  case float4e2m1, float8e8m0, uint2, int2

  /// Whether a network's input may be of this type.
  var isFloatingPoint: Bool { self == .float || self == .double || self == .float16 }

  /// How values of this type are stored, for the types that are read.
  var storage: TensorStorage? {
    switch self {
    case .float: .float32
    case .double: .float64
    case .float16: .float16
    case .int32: .int32
    case .int64: .int64
    case .bool: .bool
    default: nil
    }
  }
}

/// How values lie in a tensor, and how to make doubles of them.
enum TensorStorage {
  case float32, float64, float16, int32, int64, bool

  /// Bytes of one value in raw data.
  var width: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16: 2
    case .bool: 1
    }
  }

  var isInteger: Bool {
    switch self {
    case .int32, .int64, .bool: true
    case .float32, .float64, .float16: false
    }
  }

  /// Little-endian raw data as doubles.
  ///
  /// - Precondition: there are `count · width` bytes.
  func decode(_ data: Data, count: Int) -> [Double] {
    data.withUnsafeBytes { bytes in
      [Double](unsafeUninitializedCapacity: count) { result, initialized in
        for i in 0..<count {
          let value: Double =
            switch self {
            case .float32:
              Double(
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self))))
            case .float64:
              Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)))
            case .float16:
              Double(
                Float16(bitPattern: UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))))
            case .int32:
              Double(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * i, as: Int32.self)))
            case .int64:
              Double(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: Int64.self)))
            case .bool:
              bytes[i] == 0 ? 0 : 1
            }
          result.initializeElement(at: i, to: value)
        }
        initialized = count
      }
    }
  }

  /// The values of the list that the format has for this type.
  func listed(in tensor: Onnx_TensorProto) -> [Double] {
    switch self {
    case .float32: tensor.floatData.map { Double($0) }
    case .float64: tensor.doubleData
    // Sixteen bits each, in the low half of an integer.
    case .float16: tensor.int32Data.map { Double(Float16(bitPattern: UInt16(truncatingIfNeeded: $0))) }
    case .int32: tensor.int32Data.map { Double($0) }
    case .int64: tensor.int64Data.map { Double($0) }
    case .bool: tensor.int32Data.map { $0 == 0 ? 0 : 1 }
    }
  }
}
