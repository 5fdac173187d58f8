/// Why a `.npy` file cannot be read or written.
public enum NumpyError: Error, Equatable, Sendable, CustomStringConvertible {
  case unreadable(file: String, reason: String)
  case unwritable(file: String, reason: String)
  case notNumpy(file: String)
  case version(file: String, major: Int, minor: Int)
  case header(file: String, reason: String)
  case elementType(file: String, descriptor: String)
  case fortranOrder(file: String)
  case shape(file: String, reason: String)
  /// The bytes behind the header are not those of the shape's elements.
  case length(file: String, shape: [Int], expected: Int, found: Int)
  /// A whole number beyond ±2⁵³ that no double equals.
  case notRepresentable(file: String, index: Int, value: String)
  /// A finite value too large for single precision.
  case overflow(file: String, index: Int, value: Double)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file) cannot be read: \(reason)"
    case .unwritable(let file, let reason):
      "\(file) cannot be written: \(reason)"
    case .notNumpy(let file):
      "\(file) is no .npy file: it does not start with \\x93NUMPY; write it with `numpy.save`"
    case .version(let file, let major, let minor):
      "\(file) has .npy format version \(major).\(minor); versions 1 and 2 are read"
    case .header(let file, let reason):
      "\(file) has a damaged .npy header: \(reason)"
    case .elementType(let file, let descriptor):
      "\(file) has elements of type `\(descriptor)`; <f4, <f8, |u1, |i1, <i4 and <i8 are read: "
        + "save `array.astype('<f8')`"
    case .fortranOrder(let file):
      "\(file) is in Fortran order: save `numpy.ascontiguousarray(array)`"
    case .shape(let file, let reason):
      "\(file) holds no usable array: \(reason)"
    case .length(let file, let shape, let expected, let found):
      "\(file) has \(found) bytes of elements; shape \(shape) needs \(expected)"
    case .notRepresentable(let file, let index, let value):
      "\(file): element \(index), \(value), is no double: whole numbers are exact up to 2^53"
    case .overflow(let file, let index, let value):
      "\(file): element \(index), \(value), is too large for single precision: write double precision"
    }
  }
}
