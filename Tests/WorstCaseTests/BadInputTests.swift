import Foundation
import Networks
import ONNXFormat
import TestSupport
import Testing

/// Wrong input of every kind: status 2, one line that names the thing, at once, and nothing left behind.
@Suite("Bad input", .serialized)
struct BadInputTests {
  /// Runs the tool in a folder whose contents it must not change.
  private func expectRefusal(
    _ arguments: [String], naming words: [String], in folder: borrowing Scratch,
    location: SourceLocation = #_sourceLocation
  ) throws {
    let before = folder.contents()
    let ending = try Tool.run(arguments, in: folder)
    let what = Comment(rawValue: "\(arguments): \(ending.errors)")
    #expect(ending.status == 2, what, sourceLocation: location)
    #expect(ending.output.isEmpty, what, sourceLocation: location)
    #expect(ending.errorLines.count == 1 && ending.errors.hasPrefix("worstcase: "), what, sourceLocation: location)
    for word in words { #expect(ending.errors.contains(word), what, sourceLocation: location) }
    #expect(!ending.errors.contains("Domain"), what, sourceLocation: location)
    #expect(ending.seconds < 5, what, sourceLocation: location)
    #expect(folder.contents() == before, what, sourceLocation: location)
  }

  private func expectRefusal(_ arguments: [String], naming words: String...) throws {
    try expectRefusal(arguments, naming: words, in: try Scratch())
  }

  // MARK: Models

  @Test("Files that are no networks", arguments: ["inspect", "bounds", "exact", "study"])
  func models(verb: String) throws {
    let folder = try Scratch()
    let good = try Data(contentsOf: URL(fileURLWithPath: Tool.model))
    try folder.write(Data(), to: "empty.onnx")
    try folder.write(good.prefix(good.count / 2), to: "half.onnx")
    var seed: UInt32 = 1
    let noise = (0..<4096).map { _ -> UInt8 in
      seed = seed &* 1_664_525 &+ 1_013_904_223
      return UInt8(seed >> 24)
    }
    try folder.write(Data(noise), to: "noise.onnx")
    try FileManager.default.createDirectory(atPath: folder.path("folder.onnx"), withIntermediateDirectories: false)
    for name in ["missing.onnx", "empty.onnx", "half.onnx", "noise.onnx", "folder.onnx"] {
      try expectRefusal([verb, name], naming: [name], in: folder)
    }
  }

  @Test("Networks that are refused", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
  func refusedModels() throws {
    for (name, reason) in [
      ("unsupported_op_sin", "operator Sin is not supported"), ("nan_weight", "w1[2,1] is nan"),
      ("wrong_magic_png", "not an ONNX protobuf"),
    ] {
      try expectRefusal(["study", SharedData.url("onnx-zoo/bad/\(name).onnx").path], naming: "\(name).onnx", reason)
    }
  }

  @Test("A network that does not fit the images")
  func misfit() throws {
    let folder = try Scratch()
    var random = RandomNetworks(seed: 3)
    try ONNXExporter().write(try random.dense([5, 4, 10]), to: folder.path("five.onnx"))
    try ONNXExporter().write(try random.dense([784, 4, 3]), to: folder.path("three.onnx"))
    for verb in ["bounds", "exact", "study"] {
      try expectRefusal([verb, "five.onnx"], naming: ["inputs of shape 5", "1x28x28"], in: folder)
      try expectRefusal([verb, "three.onnx"], naming: ["3 outputs", "10 classes"], in: folder)
    }
  }

  // MARK: Options

  @Test("Images that are not there")
  func images() throws {
    try expectRefusal(["study", "--dataset", "mnist"], naming: "--data")
    try expectRefusal(["study", "--dataset", "mnist", "--data", "."], naming: "t10k-images-idx3-ubyte", "--data")
    try expectRefusal(["exact", Tool.model, "--dataset", "mnist", "--data", "/nonexistent"], naming: "/nonexistent")
  }

  @Test("Options whose values make no sense", arguments: ["study", "exact"])
  func options(verb: String) throws {
    let start = verb == "study" ? [verb] : [verb, Tool.model]
    let wrong: [(String, [String])] = [
      ("--epsilon", ["-0.1", "nan", "inf", "abc", "1/0", "1/2/3", "1e400"]),
      ("--threads", ["0", "-1", "1025", "abc"]), ("--timeout", ["0", "-1", "nan", "inf", "abc"]),
      ("--seed", ["-1", "abc"]), ("--blas-core", ["NoSuchCore"]),
    ]
    for (option, values) in wrong {
      for value in values { try expectRefusal(start + [option, value], naming: option) }
    }
    for value in ["5..<5", "x", "0..<999999", "-1", "", "0..<99999999999999999999"] {
      try expectRefusal(start + ["--samples", value], naming: "--samples")
    }
  }

  @Test("Estimates that nobody knows")
  func methods() throws {
    try expectRefusal(["study", "--methods", "FOO"], naming: "FOO", "CROWN-IBP")
    try expectRefusal(["study", "--methods", ","], naming: "--methods")
  }

  // MARK: Stores and reports

  @Test("Stores that are none")
  func stores() throws {
    let folder = try Scratch()
    try FileManager.default.createDirectory(atPath: folder.path("folder"), withIntermediateDirectories: false)
    try folder.write(Data("Some words that are no study.".utf8), to: "other")
    try folder.write(Data(contentsOf: URL(fileURLWithPath: Tool.model)), to: "model")
    let study = ["study", "--samples", "0", "--methods", "IBP", "--epsilon", "0"]
    for name in ["/nonexistent/s.sqlite", "folder", "other", "model"] {
      try expectRefusal(study + ["--store", name], naming: [name], in: folder)
    }
    for name in ["missing.sqlite", "folder", "other", "model"] {
      try expectRefusal(["report", name], naming: [name], in: folder)
    }
  }

  @Test("A store of another study; a report where none can be; a folder's place that is taken")
  func places() throws {
    let folder = try Scratch()
    let study = ["study", "--samples", "0", "--methods", "IBP", "--store", "s.sqlite", "--epsilon"]
    #expect(try Tool.run(study + ["0"], in: folder).status == 0)
    try expectRefusal(study + ["0.01"], naming: ["s.sqlite", "epsilon is 0.0 there and 0.01 here"], in: folder)
    try folder.write(Data(), to: "taken")
    for place in ["/proc/x", "taken", "taken/deeper", "/dev/null/x"] {
      try expectRefusal(["report", "s.sqlite", "--output", place], naming: ["--output"], in: folder)
      try expectRefusal(
        ["study", "--samples", "0", "--store", "t.sqlite", "--report", place], naming: ["--report"], in: folder)
    }
    try folder.write(Data(), to: "study")
    try expectRefusal(["study", "--samples", "0"], naming: ["study"], in: folder)
  }

  // MARK: Inputs and outputs of run

  @Test("Arrays that the network cannot take, and outputs that cannot be written")
  func arrays() throws {
    let folder = try Scratch()
    let zeros = [Float](repeating: 0, count: 784)
    try folder.write(NumpyFiles.data([0, 0, 0], extents: [3]), to: "small.npy")
    try folder.write(NumpyFiles.data(zeros, extents: [28, 28], fortranOrder: true), to: "fortran.npy")
    try folder.write(NumpyFiles.data(zeros.dropLast() + [.nan], extents: [28, 28]), to: "nan.npy")
    try folder.write(NumpyFiles.data(zeros, extents: [28, 28]).dropLast(9), to: "short.npy")
    try folder.write(Data(), to: "empty.npy")
    try folder.write(NumpyFiles.data(zeros, extents: [28, 28]), to: "good.npy")
    let reasons = [
      "small": "784", "fortran": "Fortran order", "nan": "element 783 is nan", "short": "3136", "empty": "NUMPY",
      "missing": "cannot be read",
    ]
    for (name, reason) in reasons {
      try expectRefusal(
        ["run", Tool.model, "--input", "\(name).npy", "--output", "y.npy"], naming: ["\(name).npy", reason], in: folder)
    }
    for place in [".", "/nonexistent/y.npy", "/proc/y.npy"] {
      try expectRefusal(
        ["run", Tool.model, "--input", "good.npy", "--output", place], naming: ["--output"], in: folder)
    }
  }

  // MARK: Training

  @Test("Configurations and places that training cannot use")
  func training() throws {
    let folder = try Scratch()
    for (name, text) in [
      ("key", "epochs: 1\nepoks: 3\n"), ("yaml", "epochs: [\n"), ("empty", ""), ("range", "epochs: -3\n"),
    ] { try folder.write(Data(text.utf8), to: "\(name).yaml") }
    try FileManager.default.createDirectory(atPath: folder.path("folder.onnx"), withIntermediateDirectories: false)
    let output = ["--output", "net.onnx"]
    try expectRefusal(["train", "--preset", "digits"] + output, naming: ["digits", "digits-cnn3"], in: folder)
    try expectRefusal(["train"] + output, naming: ["--preset"], in: folder)
    try expectRefusal(["train", "key.yaml"] + output, naming: ["key.yaml", "line 2", "epoks"], in: folder)
    for name in ["yaml", "empty", "range", "missing"] {
      try expectRefusal(["train", "\(name).yaml"] + output, naming: ["\(name).yaml"], in: folder)
    }
    for place in ["/nonexistent/net.onnx", "net.txt", "folder.onnx"] {
      try expectRefusal(["train", "--preset", "digits-cnn3", "--output", place], naming: ["--output"], in: folder)
    }
    for place in ["/nonexistent/c", "."] {
      try expectRefusal(
        ["train", "--preset", "digits-cnn3", "--checkpoint", place] + output, naming: ["--checkpoint"], in: folder)
    }
    try expectRefusal(["train", "--preset", "mnist-cnn3-ibp-0.1"] + output, naming: ["--data"], in: folder)
  }
}
