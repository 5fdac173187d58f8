import CPNG
import Foundation
import Testing

@testable import Datasets

@Suite("PNG files")
struct PNGImageTests {
  func read(_ bytes: [UInt8], extents: [Int]? = nil) throws(DatasetError) -> PNGImage {
    try PNGImage(bytes, file: "x.png", extents: extents)
  }

  @Test("Grey and colour come out sample for sample, colour by planes")
  func samples() throws {
    let grey = (0..<35).map { UInt8($0 * 7) }
    let image = try read(PNGFiles.file(grey, width: 5, height: 7))
    #expect(image.channels == 1 && image.height == 7 && image.width == 5 && image.pixels == grey)
    let colour = (0..<36).map { UInt8($0 * 7) }
    let planes = try read(PNGFiles.colour(colour, width: 3, height: 4))
    #expect(planes.channels == 3 && planes.height == 4 && planes.width == 3)
    #expect(planes.pixels == (0..<3).flatMap { c in (0..<12).map { colour[$0 * 3 + c] } })
  }

  @Test("Gamma and texts change nothing")
  func ancillary() throws {
    let grey: [UInt8] = [0, 1, 100, 200, 254, 255]
    let plain = try PNGFiles.file(grey, width: 3, height: 2)
    for (type, data) in [("gAMA", PNGFiles.big(100_000)), ("gAMA", PNGFiles.big(22_000)), ("tEXt", Array("a\0b".utf8))]
    {
      // Behind the header, which ends at byte 33.
      let bytes = plain[..<33] + PNGFiles.chunk(type, data) + plain[33...]
      #expect(try read(Array(bytes)).pixels == grey)
    }
  }

  @Test("Another shape than wanted is told before anything is decompressed")
  func otherShape() throws {
    let bytes = PNGFiles.file([PNGFiles.header(4000, 4000), ("IDAT", []), ("IEND", [])])
    #expect(throws: DatasetError.wrongShape(file: "x.png", expected: [1, 28, 28], found: [1, 4000, 4000])) {
      try read(bytes, extents: [1, 28, 28])
    }
  }

  @Test("Pictures without plain bytes of grey or colour")
  func unsupported() throws {
    for (depth, colour, kind): (UInt8, UInt8, String) in [
      (16, 0, "samples of 16 bits"), (1, 0, "samples of 1 bits"), (16, 2, "samples of 16 bits"), (8, 3, "a palette"),
      (8, 4, "an alpha channel"), (8, 6, "an alpha channel"),
    ] {
      let bytes = PNGFiles.file([PNGFiles.header(2, 2, depth: depth, colour: colour), ("IDAT", []), ("IEND", [])])
      #expect(throws: DatasetError.png(.unsupported(file: "x.png", kind: kind))) { try read(bytes) }
    }
    let plain = try PNGFiles.file([1, 2], width: 2, height: 1)
    let transparent = Array(plain[..<33]) + PNGFiles.chunk("tRNS", [0, 1]) + plain[33...]
    #expect(throws: DatasetError.png(.unsupported(file: "x.png", kind: "a transparent colour"))) {
      try read(transparent)
    }
    let alpha = try PNGFiles.file([1, 2, 3, 4], width: 2, height: 1, format: Int32(PNG_FORMAT_FLAG_ALPHA))
    #expect(throws: DatasetError.png(.unsupported(file: "x.png", kind: "an alpha channel"))) { try read(alpha) }
  }

  @Test("Dimensions beyond any picture are refused before memory is asked for")
  func huge() {
    for (width, height) in [(1 << 16, 1 << 16), (Int(UInt32.max), Int(UInt32.max)), (1 << 31, 1)] {
      let bytes = PNGFiles.file([PNGFiles.header(width, height), ("IDAT", []), ("IEND", [])])
      #expect(throws: DatasetError.png(.tooLarge(file: "x.png", width: width, height: height, limit: 1 << 24))) {
        try read(bytes)
      }
    }
    let none = PNGFiles.file([PNGFiles.header(0, 4), ("IDAT", []), ("IEND", [])])
    #expect(throws: DatasetError.self) { try read(none) }
  }

  @Test("A file that is cut anywhere is refused")
  func truncated() throws {
    let whole = try PNGFiles.colour((0..<192).map { UInt8($0) }, width: 8, height: 8)
    for length in 0..<whole.count {
      #expect(throws: DatasetError.self) { try read(Array(whole.prefix(length))) }
    }
  }

  @Test("No byte that is altered makes another picture, or a crash")
  func altered() throws {
    let samples = (0..<192).map { UInt8($0) }
    let whole = try PNGFiles.colour(samples, width: 8, height: 8)
    let picture = try read(whole)
    for position in 0..<whole.count {
      for bit: UInt8 in [1, 0x20, 0x80] {
        var bytes = whole
        bytes[position] ^= bit
        let found = try? read(bytes)
        #expect(found == nil || found == picture, "byte \(position)")
      }
    }
  }

  @Test("Chunks that make no picture")
  func wrongChunks() throws {
    let end: (String, [UInt8]) = ("IEND", [])
    for chunks in [
      [], [end], [PNGFiles.header(2, 2)], [PNGFiles.header(2, 2), end],
      [PNGFiles.header(2, 2), PNGFiles.header(2, 2), end],
      [("IDAT", []), PNGFiles.header(2, 2), end], [PNGFiles.header(2, 2), ("IDAT", [1, 2, 3]), end],
      [("IHDR", [0, 0]), end], [PNGFiles.header(2, 2, colour: 5), end],
    ] {
      #expect(throws: DatasetError.self) { try read(PNGFiles.file(chunks)) }
    }
    #expect(throws: DatasetError.png(.notPNG(file: "x.png"))) { try read(Array("GIF89a".utf8)) }
  }
}
