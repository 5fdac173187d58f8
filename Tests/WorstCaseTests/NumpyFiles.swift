import Foundation

/// Little NumPy files, right and wrong.
enum NumpyFiles {
  /// A float32 array in NumPy's format, version 1.
  static func data(_ values: [Float], extents: [Int], fortranOrder: Bool = false) -> Data {
    let tuple = extents.map { "\($0)," }.joined(separator: " ")
    var header = "{'descr': '<f4', 'fortran_order': \(fortranOrder ? "True" : "False"), 'shape': (\(tuple)), }"
    header += String(repeating: " ", count: (64 - (10 + header.utf8.count + 1) % 64) % 64) + "\n"
    let count = header.utf8.count
    var data = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, UInt8(count & 255), UInt8(count >> 8)])
    data += Data(header.utf8)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
    return data
  }
}
