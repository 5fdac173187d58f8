import Foundation

/// A reader of files from outside, as the fuzzer sees it.
protocol FuzzedReader: Sendable {
  /// What `WORSTCASE_FUZZ` calls it.
  var name: String { get }
  /// Small files to start from, made here: together they should reach every part of the reader.
  func seeds() throws -> [Data]
  /// Words of the format, which chance would take long to spell.
  var words: [String] { get }
  /// Reads the bytes as a file's contents; traps where the reader breaks a promise.
  func read(_ bytes: UnsafeRawBufferPointer)
  /// Changes the first `count` bytes of a buffer into another test and returns its size; `random` decides how.
  func mutate(_ bytes: UnsafeMutableRawBufferPointer, count: Int, random: inout SeededGenerator) -> Int
}

extension FuzzedReader {
  func mutate(_ bytes: UnsafeMutableRawBufferPointer, count: Int, random: inout SeededGenerator) -> Int {
    mutateBytes(bytes, count: count)
  }
}

/// The readers that are fuzzed.
let fuzzedReaders: [any FuzzedReader] = [
  CIFARFuzz(), IDXFuzz(), NumpyFuzz(), ONNXFuzz(), PNGFuzz(), VNNLIBFuzz(), ZipFuzz(),
]

/// A small repeatable generator (SplitMix64): the fuzzer's seed decides every mutation.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
