import Foundation

@testable import Datasets

/// Little NumPy arrays.
enum NumpyFiles {
  static func bytes(_ values: [UInt8], _ extents: [Int]) -> [UInt8] { file("|u1", extents, values) }

  static func singles(_ values: [Float], _ extents: [Int]) -> [UInt8] {
    file("<f4", extents, values.flatMap { ZipFiles.little(Int($0.bitPattern), 4) })
  }

  static func integers(_ values: [Int], _ extents: [Int]? = nil) -> [UInt8] {
    file("<i8", extents ?? [values.count], values.flatMap { ZipFiles.little($0, 8) })
  }

  static func file(_ type: String, _ extents: [Int], _ elements: [UInt8], fortranOrder: Bool = false) -> [UInt8] {
    NumpyHeader(descriptor: type, isFortranOrder: fortranOrder, extents: extents).encoded() + elements
  }
}
