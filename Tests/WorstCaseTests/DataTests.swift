import Foundation
import Networks
import ONNXFormat
import TestSupport
import Testing

/// Data sets from files, and the verb that fetches and checks them.
@Suite("Data sets", .serialized)
struct DataTests {
  /// A network that takes two numbers and tells which is larger.
  private func writeNetwork(to folder: borrowing Scratch, inputs: Int = 2) throws {
    var random = RandomNetworks(seed: 5)
    try ONNXExporter().write(try random.dense([inputs, 4, 3]), to: folder.path("net.onnx"))
  }

  /// A folder with two images of two numbers, the second one brighter.
  private func writeArrays(_ values: [Float], to folder: borrowing Scratch) throws {
    try FileManager.default.createDirectory(atPath: folder.path("arrays"), withIntermediateDirectories: true)
    try folder.write(NumpyFiles.data(values, extents: [2, 2]), to: "arrays/images.npy")
    try folder.write(NumpyFiles.data([0, 2], extents: [2]), to: "arrays/labels.npy")
  }

  private let analysis = ["--dataset", "npy", "--data", "arrays", "--samples", "0...1", "--json"]

  @Test("Numbers are analysed in their range, which changes the region")
  func numbers() throws {
    let folder = try Scratch()
    try writeNetwork(to: folder)
    try writeArrays([0, 0.5, 1, 0.25], to: folder)
    let exact = ["exact", "net.onnx", "--epsilon", "0.4"] + analysis
    let narrow = try Tool.run(exact, in: folder)
    let wide = try Tool.run(exact + ["--range", "-1...2"], in: folder)
    #expect(narrow.status == 0 && wide.status == 0, "\(narrow.errors)\(wide.errors)")
    let rows = [narrow, wide].map { $0.output.split(separator: "\n") }
    #expect(rows.allSatisfy { $0.count == 2 })
    // A larger region never has a better worst case; the label of a row is the array's.
    let lower = rows.map { $0.map { row in value("lower", in: row) } }
    #expect(zip(lower[0], lower[1]).allSatisfy { $0 <= $1 } && lower[0] != lower[1], "\(lower)")
    #expect(rows[0].map { value("label", in: $0) } == [0, 2])
  }

  @Test("Without a choice of samples, a small data set is taken whole")
  func allSamples() throws {
    let folder = try Scratch()
    try writeNetwork(to: folder)
    try writeArrays([0, 0.5, 1, 0.25], to: folder)
    let arguments = ["exact", "net.onnx", "--epsilon", "0.1", "--dataset", "npy", "--data", "arrays", "--json"]
    let all = try Tool.run(arguments, in: folder)
    #expect(all.status == 0 && all.output.split(separator: "\n").count == 2, "\(all.errors)")
    try expectRefusal(arguments + ["--samples", "0...2"], naming: "--samples", "2 samples", in: folder)
  }

  private func value(_ key: String, in row: Substring) -> Double {
    let object = try? JSONSerialization.jsonObject(with: Data(row.utf8)) as? [String: Any]
    return (object?[key] as? NSNumber)?.doubleValue ?? .nan
  }

  @Test("Data that does not fit is refused before any work")
  func refusals() throws {
    let folder = try Scratch()
    try writeNetwork(to: folder)
    try writeArrays([0, 0.5, 1.5, 0.25], to: folder)
    let exact = ["exact", "net.onnx"]
    try expectRefusal(exact + analysis, naming: "element 0 of image 1 is 1.5", "--range", in: folder)
    for range in ["1...0", "0...0", "x", "0..1", "nan...1", "-inf...0"] {
      try expectRefusal(exact + analysis + ["--range", range], naming: "--range", in: folder)
    }
    try expectRefusal(exact + ["--dataset", "npy"], naming: "--data", "images.npy", in: folder)
    try expectRefusal(exact + ["--range", "0...2"], naming: "--range", "synthetic-digits", in: folder)
    try expectRefusal(exact + ["--data", "arrays"], naming: "--data", "synthetic-digits", in: folder)
    for name in ["cifar10", "png", "npy", "mnist"] {
      try expectRefusal(exact + ["--dataset", name, "--data", "/nonexistent"], naming: "/nonexistent", in: folder)
    }
    try writeNetwork(to: folder, inputs: 5)
    try expectRefusal(exact + analysis + ["--range", "0...2"], naming: "shape 5", "npy-test", in: folder)
  }

  // MARK: data check

  @Test("A folder is described; everything wrong with it is listed")
  func check() throws {
    let folder = try Scratch()
    try writeArrays([0, 0.5, 1, 0.25], to: folder)
    let good = try Tool.run(["data", "check", "arrays"], in: folder)
    #expect(good.status == 0 && good.output.contains("2 images of 2") && good.output.contains("0: 1, 1: 0, 2: 1"))
    let json = try Tool.run(["data", "check", "arrays", "--json"], in: folder)
    #expect(json.status == 0 && json.output.contains(#""absent":["train"]"#))
    try FileManager.default.createDirectory(atPath: folder.path("digits"), withIntermediateDirectories: true)
    try folder.write(Data([1, 2, 3, 4]), to: "digits/t10k-images-idx3-ubyte")
    let bad = try Tool.run(["data", "check", "digits"], in: folder)
    #expect(bad.status == 2 && bad.output.contains("t10k-labels-idx1-ubyte is not there"))
    #expect(bad.output.contains("another kind of file") && bad.errorLines.count == 1)
    try writeArrays([0, 0.5, 9, 0.25], to: folder)
    let one = try Tool.run(["data", "check", "arrays"], in: folder)
    #expect(one.status == 2 && one.errors.contains("--range"))
    #expect(try Tool.run(["data", "check", "arrays", "--range", "0...9"], in: folder).status == 0)
    try expectRefusal(["data", "check", "nowhere"], naming: "nowhere", in: folder)
    try expectRefusal(["data", "check", "."], naming: "mnist", "png", in: folder)
    try folder.write(Data("a.png,x\nb.png".utf8), to: "digits/labels.csv")
    try FileManager.default.removeItem(atPath: folder.path("digits/t10k-images-idx3-ubyte"))
    let list = try Tool.run(["data", "check", "digits"], in: folder)
    #expect(list.status == 2 && list.errors.contains("labels.csv, line 2"), "\(list.errors)")
    try writeArrays([0, 0.5, 1, 0.25], to: folder)
    try folder.write(Data(), to: "arrays/t10k-images-idx3-ubyte")
    try expectRefusal(["data", "check", "arrays"], naming: "mnist and of npy", "--dataset", in: folder)
    try expectRefusal(["data", "check", ".", "--dataset", "synthetic-digits"], naming: "synthetic-digits", in: folder)
  }

  // MARK: data fetch

  @Test("Servers that do not deliver: one sentence for each, and no file under its name")
  func failures() throws {
    let answers: [(String, LocalServer.Answer)] = [
      ("status 404", .status(404)), ("not the published file", .file(Data("a page".utf8))),
      ("ended after 10 of 5000 bytes", .brokenOff(Data(count: 5000), after: 10)),
      ("longer than", .file(Data(count: 48_000_000))),
    ]
    for (words, answer) in answers {
      let folder = try Scratch()
      let server = try LocalServer { _ in answer }
      let ending = try Tool.run(["data", "fetch", "mnist", "--to", "new", "--mirror", server.address], in: folder)
      #expect(ending.status == 2 && ending.output.isEmpty)
      let last = String(ending.errorLines.last ?? "")
      #expect(last.hasPrefix("worstcase: train-images-idx3-ubyte.gz cannot be fetched"), "\(ending.errors)")
      #expect(last.contains(words) && last.contains(server.address) && last.contains("--mirror"), "\(last)")
      #expect(folder.contents().keys.allSatisfy { $0 == "new" || $0.hasSuffix(".part") }, "\(folder.contents().keys)")
    }
    let folder = try Scratch()
    let closed = try LocalServer { _ in .status(404) }.address
    let ending = try Tool.run(["data", "fetch", "cifar10", "--to", "new", "--mirror", closed], in: folder)
    #expect(ending.status == 2 && ending.errors.contains("no connection to the server"), "\(ending.errors)")
    try expectRefusal(["data", "fetch", "mnist", "--to", "new", "--mirror", "x"], naming: "--mirror", in: folder)
    try expectRefusal(["data", "fetch", "mnist", "--to", "/proc/x"], naming: "--to", in: folder)
    try expectRefusal(["data", "fetch", "mnist", "--to", ""], naming: "--to", in: folder)
    for wrong in [["data", "fetch", "imagenet", "--to", "x"], ["data", "fetch", "mnist"]] {
      try expectRefusal(wrong, naming: "--help", in: folder)
    }
  }

  @Test("MNIST is fetched and found complete", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
  func fetch() throws {
    let folder = try Scratch()
    let source = try SharedData.url("mnist")
    let server = try LocalServer { request in
      (try? Data(contentsOf: source.appendingPathComponent(request.path))).map { .file($0) } ?? .status(404)
    }
    for _ in 0..<2 {
      let ending = try Tool.run(["data", "fetch", "mnist", "--to", "mnist", "--mirror", server.address], in: folder)
      #expect(ending.status == 0 && ending.output.contains("--dataset mnist --data mnist"), "\(ending.errors)")
    }
    #expect(server.requests.count == 4)
    let check = try Tool.run(["data", "check", "mnist"], in: folder)
    #expect(check.status == 0 && check.output.contains("10000 images of 1x28x28"))
    #expect(check.output.split(separator: "\n").count { $0.contains("published contents") } == 4)
  }
}
