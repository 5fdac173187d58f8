import Foundation

/// The fuzzer: libFuzzer's search over one of the readers.
///
///     Fuzz prepare FOLDER                     seeds and words for each reader; prints the readers' names
///     WORSTCASE_FUZZ=npy Fuzz CORPUS [-flags]  the search; flags are libFuzzer's
///
/// The reader is named in the environment because libFuzzer starts itself again with the same arguments.
@main
enum Fuzz {
  static func main() throws {
    let arguments = CommandLine.arguments
    if arguments.count == 3, arguments[1] == "prepare" {
      try prepare(URL(fileURLWithPath: arguments[2]))
      return
    }
    var count = CommandLine.argc
    var values = CommandLine.unsafeArgv
    exit(runDriver(&count, &values, testOneInput))
  }

  private static func prepare(_ folder: URL) throws {
    for reader in fuzzedReaders {
      let seeds = folder.appendingPathComponent("\(reader.name)/seeds")
      try FileManager.default.createDirectory(at: seeds, withIntermediateDirectories: true)
      for (number, seed) in try reader.seeds().enumerated() {
        try seed.write(to: seeds.appendingPathComponent("\(number)"))
      }
      let lines = reader.words.map { word in
        "\"" + word.utf8.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\"\n"
      }
      try Data(lines.joined().utf8).write(to: folder.appendingPathComponent("\(reader.name)/words"))
      print(reader.name)
    }
  }
}

/// The reader that the environment names.
private let chosen: any FuzzedReader = {
  let name = ProcessInfo.processInfo.environment["WORSTCASE_FUZZ"] ?? ""
  guard let reader = fuzzedReaders.first(where: { $0.name == name }) else {
    let names = fuzzedReaders.map(\.name).joined(separator: ", ")
    preconditionFailure("WORSTCASE_FUZZ is `\(name)` and must be one of \(names)")
  }
  return reader
}()

/// What libFuzzer calls for each test.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  chosen.read(UnsafeRawBufferPointer(start: data, count: size))
  return 0
}

/// What libFuzzer calls to make a test out of another.
@_cdecl("LLVMFuzzerCustomMutator")
public func customMutator(
  _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int, _ seed: CUnsignedInt
)
  -> Int
{
  var random = SeededGenerator(seed: UInt64(seed))
  return chosen.mutate(UnsafeMutableRawBufferPointer(start: data, count: capacity), count: size, random: &random)
}

/// libFuzzer's own mutations, which know of bytes and words.
func mutateBytes(_ bytes: UnsafeMutableRawBufferPointer, count: Int) -> Int {
  libFuzzerMutate(bytes.baseAddress, count, bytes.count)
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ values: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_silgen_name("LLVMFuzzerMutate")
private func libFuzzerMutate(_ data: UnsafeMutableRawPointer?, _ size: Int, _ capacity: Int) -> Int
