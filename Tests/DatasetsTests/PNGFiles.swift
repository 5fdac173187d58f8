import CPNG
import CZlib
import Foundation
import Testing

/// Little PNG files, right and wrong.
enum PNGFiles {
  /// A file as libpng writes it; `samples` go pixel after pixel.
  static func file(
    _ samples: [UInt8], width: Int, height: Int, format: Int32 = 0
  ) throws -> [UInt8] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = UInt32(width)
    image.height = UInt32(height)
    image.format = UInt32(format)
    var size = 1 << 16
    var bytes = [UInt8](repeating: 0, count: size)
    try #require(png_image_write_to_memory(&image, &bytes, &size, 0, samples, 0, nil) != 0)
    return Array(bytes[..<size])
  }

  static func colour(_ samples: [UInt8], width: Int, height: Int) throws -> [UInt8] {
    try file(samples, width: width, height: height, format: Int32(PNG_FORMAT_FLAG_COLOR))
  }

  /// A file chunk by chunk.
  static func file(_ chunks: [(String, [UInt8])]) -> [UInt8] {
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunks.flatMap { chunk($0, $1) }
  }

  static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return big(data.count) + body + big(Int(crc32_z(0, body, body.count)))
  }

  static func header(_ width: Int, _ height: Int, depth: UInt8 = 8, colour: UInt8 = 0) -> (String, [UInt8]) {
    ("IHDR", big(width) + big(height) + [depth, colour, 0, 0, 0])
  }

  static func big(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
}
