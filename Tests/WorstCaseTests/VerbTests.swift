import Foundation
import Testing

/// What each verb answers about the network that the repository ships.
@Suite("Verbs")
struct VerbTests {
  @Test("inspect lists layers, sizes and the file's own words")
  func inspect() throws {
    let folder = try Scratch()
    let ending = try Tool.run(["inspect", Tool.model], in: folder)
    #expect(ending.status == 0 && ending.errors.isEmpty)
    for word in ["1x28x28", "4554", "1176", "convolution", "relu", "Gemm"] { #expect(ending.output.contains(word)) }
    let json = try Tool.run(["inspect", Tool.model, "--json"], in: folder)
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect(object?["parameters"] as? Int == 4554)
    #expect(folder.contents().isEmpty)
  }

  @Test("run prints a line for each input, and writes the same numbers")
  func run() throws {
    let folder = try Scratch()
    try folder.write(NumpyFiles.data(.init(repeating: 0, count: 784), extents: [28, 28]), to: "one.npy")
    let values = (0..<1568).map { Float($0 % 7) / 7 }
    try folder.write(NumpyFiles.data(values, extents: [2, 1, 28, 28]), to: "two.npy")
    let one = try Tool.run(["run", Tool.model, "--input", "one.npy"], in: folder)
    #expect(one.status == 0 && one.errors.isEmpty)
    #expect(one.output.split(separator: " ").count == 10)
    let two = try Tool.run(["run", Tool.model, "--input", "two.npy"], in: folder)
    #expect(two.output.split(separator: "\n").count == 2)
    let written = try Tool.run(["run", Tool.model, "--input", "two.npy", "--output", "y.npy"], in: folder)
    #expect(written.status == 0 && written.output.isEmpty)
    let header = folder.contents()["y.npy"].map { String(decoding: $0.prefix(128), as: UTF8.self) }
    #expect(header?.contains("(2, 10)") == true)
  }

  @Test("export writes a network with the same outputs; run takes inputs of no other shape")
  func export() throws {
    let folder = try Scratch()
    let values = (0..<784).map { Float($0 % 7) / 7 }
    try folder.write(NumpyFiles.data(values, extents: [28, 28]), to: "x.npy")
    let exported = try Tool.run(["export", Tool.model, "--output", "again.onnx"], in: folder)
    #expect(exported.status == 0 && exported.output.isEmpty && exported.errors.isEmpty)
    let one = try Tool.run(["run", Tool.model, "--input", "x.npy"], in: folder)
    let again = try Tool.run(["run", "again.onnx", "--input", "x.npy"], in: folder)
    #expect(one.status == 0 && again.output == one.output)
    // Nothing takes the place of a device, and nothing is called compressed that is not.
    for place in ["/dev/null", "net.onnx.gz", "nowhere/net.onnx"] {
      #expect(try Tool.run(["export", Tool.model, "--output", place], in: folder).status == 2)
    }
    try folder.write(NumpyFiles.data(.init(repeating: 0, count: 1568), extents: [784, 2]), to: "turned.npy")
    let turned = try Tool.run(["run", Tool.model, "--input", "turned.npy"], in: folder)
    #expect(turned.status == 2 && turned.errors.contains("turned.npy has shape 784x2"))
    #expect(folder.contents().keys.sorted() == ["again.onnx", "turned.npy", "x.npy"])
  }

  @Test("inspect lists a property, and whether it fits the network")
  func property() throws {
    let folder = try Scratch()
    let text = """
      (declare-const X_0 Real)(declare-const Y_0 Real)
      (assert (or (and (<= 0 X_0 1) (>= Y_0 0.1)) (and (<= 2 X_0 3) (<= Y_0 0))))
      """
    try folder.write(Data(text.utf8), to: "p.vnnlib")
    let listed = try Tool.run(["inspect", "p.vnnlib"], in: folder)
    #expect(listed.status == 0)
    for words in ["2 cases in 2 boxes", "0 <= X_0 <= 1", "box 1: -Y_0 + 0.1 <= 0", "box 2: Y_0 <= 0"] {
      #expect(listed.output.contains(words))
    }
    let json = try Tool.run(["inspect", "p.vnnlib", "--json"], in: folder)
    #expect(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) is [String: Any])
    let misfit = try Tool.run(["inspect", Tool.model, "--property", "p.vnnlib"], in: folder)
    #expect(misfit.status == 2 && misfit.errors.contains("the network has 784 and 10"))
  }

  @Test("exact gives a closed bracket for each sample, in order, whatever the threads")
  func exact() throws {
    let folder = try Scratch()
    let arguments = ["exact", Tool.model, "--samples", "0...2,5", "--epsilon", "2/100"]
    let table = try Tool.run(arguments, in: folder)
    #expect(table.status == 0 && table.output.split(separator: "\n").count == 5)
    struct Row: Decodable, Equatable {
      var index, label: Int
      var lower, upper: Double
      var status: String
    }
    func rows(_ threads: Int) throws -> [Row] {
      let ending = try Tool.run(arguments + ["--json", "--threads", "\(threads)"], in: folder)
      #expect(ending.status == 0)
      return try ending.output.split(separator: "\n").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
    }
    let one = try rows(1)
    #expect(one.map(\.index) == [0, 1, 2, 5])
    #expect(one.allSatisfy { $0.status == "exact" && $0.lower <= $0.upper })
    #expect(one.allSatisfy { $0.upper - $0.lower <= 1e-6 * max(1, abs($0.lower)) })
    #expect(try rows(2) == one)
    #expect(folder.contents().isEmpty)
  }

  @Test("every solver finds the same brackets, and says where the time went")
  func solvers() throws {
    struct Row: Decodable {
      struct Profile: Decodable {
        var attack, bounds, search, folding, milp: Double
        var linearPrograms, iterations, cuts, parts, classes: Int
      }
      var status: String
      var lower, upper, seconds: Double
      var profile: Profile
    }
    let folder = try Scratch()
    var first: [Row] = []
    for solver in ["bab", "milp", "both"] {
      let ending = try Tool.run(
        ["exact", Tool.model, "--samples", "0..<2", "--json", "--solver", solver, "--threads", "1"], in: folder)
      #expect(ending.status == 0 && ending.errors.isEmpty, "\(ending.errors)")
      let rows = try ending.output.split(separator: "\n").map {
        try JSONDecoder().decode(Row.self, from: Data($0.utf8))
      }
      if first.isEmpty { first = rows }
      #expect(rows.count == 2)
      for (row, other) in zip(rows, first) {
        #expect(row.status == "exact" && row.lower <= other.upper && other.lower <= row.upper)
        let profile = row.profile
        #expect(profile.attack > 0 && profile.bounds > 0 && profile.folding <= profile.search)
        #expect((profile.classes > 0) == (profile.linearPrograms > 0))
        #expect((profile.milp > 0) == (solver != "bab" && profile.classes > 0))
        #expect(profile.attack + profile.bounds + profile.search + profile.milp < row.seconds + 0.1)
      }
    }
    #expect(folder.contents().isEmpty)
  }

  @Test("exact keeps the inputs that attain the lower ends, as run reads them")
  func witnesses() throws {
    let folder = try Scratch()
    let exact = try Tool.run(
      ["exact", Tool.model, "--samples", "3,5", "--epsilon", "0.02", "--witness", "a/b", "--json"], in: folder)
    #expect(exact.status == 0 && exact.errors.isEmpty, "\(exact.errors)")
    #expect(folder.contents().keys.sorted() == ["a", "a/b", "a/b/3.npy", "a/b/5.npy"])
    struct Row: Decodable {
      var index, label, `class`: Int
      var lower: Double
    }
    for line in exact.output.split(separator: "\n") {
      let row = try JSONDecoder().decode(Row.self, from: Data(line.utf8))
      let run = try Tool.run(["run", Tool.model, "--input", "a/b/\(row.index).npy"], in: folder)
      let outputs = run.output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
      #expect(abs(try #require(outputs.count == 10 ? outputs[row.class] - outputs[row.label] : nil) - row.lower) < 1e-9)
    }
    let refused = try Tool.run(["exact", Tool.model, "--samples", "0", "--witness", "a/b/3.npy"], in: folder)
    #expect(refused.status == 2 && refused.errors.contains("--witness: "))
  }

  @Test("exact that runs out of time says so: a bracket, and status 1")
  func timeout() throws {
    let ending = try Tool.run(
      ["exact", Tool.model, "--samples", "0", "--epsilon", "0.3", "--timeout", "0.001"], in: try Scratch())
    #expect(ending.status == 1)
    #expect(ending.errors == "worstcase: 1 of 1 brackets stayed open\n")
  }

  @Test("study and report leave a table, a figure and a page")
  func study() throws {
    let folder = try Scratch()
    let study = try Tool.run(
      ["study", "--samples", "0..<2", "--epsilon", "0.02", "--methods", "IBP,PGD", "--store", "s.sqlite"], in: folder)
    #expect(study.status == 0)
    #expect(study.output.contains("IBP") && study.output.contains("2 samples, all exact"))
    let files = ["errors.svg", "errors.png", "errors.pdf", "report.html", "samples.csv", "summary.json"]
    for file in files { #expect(folder.contents()["s/\(file)"]?.isEmpty == false) }
    let report = try Tool.run(["report", "s.sqlite", "--output", "again/deeper"], in: folder)
    #expect(report.status == 0 && report.errors.isEmpty)
    let contents = folder.contents()
    for file in files { #expect(contents["again/deeper/\(file)"] != nil) }
    #expect(contents["again/deeper/samples.csv"] == contents["s/samples.csv"])
    #expect(Set(contents.keys.filter { !$0.contains("/") }) == ["s.sqlite", "s", "again"])
  }

  @Test("A study without a word of advice has its place, and a store without extension a report beside it")
  func places() throws {
    let folder = try Scratch()
    let quick = ["study", "--samples", "0", "--epsilon", "0", "--methods", "IBP"]
    #expect(try Tool.run(quick, in: folder).status == 0)
    #expect(try Tool.run(quick + ["--store", "plain"], in: folder).status == 0)
    let names = Set(folder.contents().keys)
    #expect(names.isSuperset(of: ["study/digits-cnn3-ibp.sqlite", "study/digits-cnn3-ibp/report.html"]))
    #expect(names.isSuperset(of: ["plain", "plain-report/report.html"]))
  }

  @Test("Comparisons of other studies go into other folders; the same file twice is refused")
  func comparisonsApart() throws {
    let folder = try Scratch()
    let names = ["a", "b", "c"]
    for name in names { try folder.write(Data(contentsOf: URL(fileURLWithPath: Tool.model)), to: "\(name).onnx") }
    let question = ["--samples", "0..<2", "--epsilon", "0.02", "--methods", "IBP"]
    for pair in [["a.onnx", "b.onnx"], ["a.onnx", "c.onnx"]] {
      #expect(try Tool.run(["study"] + pair + question, in: folder).status == 0)
    }
    for name in ["study/comparison-a+b/report.html", "study/comparison-a+c/report.html"] {
      #expect(folder.contents()[name] != nil, "\(name)")
    }
    #expect(try Tool.run(["report", "study/b.sqlite", "study/c.sqlite"], in: folder).status == 0)
    #expect(folder.contents()["study/comparison-b+c/report.html"] != nil)
    // Files of one name in other folders.
    for place in ["x", "y", "z"] {
      try FileManager.default.createDirectory(atPath: folder.path(place), withIntermediateDirectories: false)
      try FileManager.default.copyItem(atPath: folder.path("study/a.sqlite"), toPath: folder.path("\(place)/a.sqlite"))
    }
    for other in ["y", "z"] {
      #expect(try Tool.run(["report", "x/a.sqlite", "\(other)/a.sqlite"], in: folder).status == 0)
    }
    #expect(folder.contents().keys.count { $0.hasPrefix("x/comparison-a+a-") && $0.hasSuffix("comparison.json") } == 2)

    try FileManager.default.createSymbolicLink(atPath: folder.path("link.sqlite"), withDestinationPath: "x/a.sqlite")
    try expectRefusal(["report", "x/a.sqlite", "x/a.sqlite"], naming: "x/a.sqlite is given twice", in: folder)
    try expectRefusal(["report", "x/a.sqlite", "link.sqlite"], naming: "are the same file", in: folder)
    try expectRefusal(["study", "show", "x/a.sqlite", "x/../x/a.sqlite"], naming: "are the same file", in: folder)
    try expectRefusal(["study", "a.onnx", "./a.onnx"] + question, naming: "are the same file", in: folder)
    try expectRefusal(["study", "run", "a.onnx", "a.onnx"] + question, naming: "a.onnx is given twice", in: folder)
  }

  @Test("Several models are studied and compared; stores are shown, exported and told apart")
  func severalModels() throws {
    let folder = try Scratch()
    for name in ["a", "b"] { try folder.write(Data(contentsOf: URL(fileURLWithPath: Tool.model)), to: "\(name).onnx") }
    let question = ["--samples", "0..<3", "--epsilon", "0.02", "--methods", "IBP,TAPS,PGD"]
    let study = try Tool.run(["study", "a.onnx", "b.onnx", "--store", "s"] + question, in: folder)
    #expect(study.status == 0)
    #expect(study.output.contains("accuracy, %") && study.output.contains("IBP − TAPS"))
    let files = [
      "report.html", "approximation-errors.pdf", "classifier-bounds.svg", "comparison.json", "a/report.html",
    ]
    for file in files { #expect(folder.contents()["s/comparison-a+b/\(file)"]?.isEmpty == false) }

    let again = try Tool.run(["report", "s/a.sqlite", "s/b.sqlite", "--output", "again"], in: folder)
    #expect(again.status == 0 && folder.contents()["again/b/samples.csv"] != nil)
    let same = try Tool.run(["study", "diff", "s/a.sqlite", "s/b.sqlite"], in: folder)
    #expect(same.status == 0 && same.output.contains("nothing differs"))
    let show = try Tool.run(["study", "show", "s/a.sqlite"], in: folder)
    #expect(show.status == 0 && show.output.contains("3 samples, all exact") && show.output.contains("SHA-256"))
    let export = try Tool.run(["study", "export", "s/a.sqlite", "--format", "long"], in: folder)
    #expect(export.status == 0 && export.output.split(whereSeparator: \.isNewline).count == 1 + 3 * 3)
    let rows = try Tool.run(["study", "export", "s/a.sqlite", "--format", "jsonl", "--output", "a.jsonl"], in: folder)
    #expect(rows.status == 0 && rows.output.isEmpty)
    let lines = String(decoding: folder.contents()["a.jsonl"] ?? Data(), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 3 && lines.allSatisfy { $0.contains(#""estimates":{"IBP":"#) })
    let json = try Tool.run(["study", "show", "s/a.sqlite", "--json"], in: folder)
    #expect(json.output.contains(#""created":"20"#) && json.output.contains(#""natural":"#))
    let onItself = try Tool.run(["study", "export", "s/a.sqlite", "--output", "s/b.sqlite"], in: folder)
    #expect(onItself.status == 2 && onItself.errors.contains("is a store"))
    let typo = try Tool.run(["study", "shwo", "s/a.sqlite"], in: folder)
    #expect(typo.status == 2 && typo.errors.contains("did you mean show?"))
    let ending = try Tool.run(["study", "a.onnx", "b.onnx", "--store", "s.sqlite"] + question, in: folder)
    #expect(ending.status == 2 && ending.errors.contains("would be a folder"))

    let other = try Tool.run(
      ["study", "a.onnx", "--no-report", "--store", "o.sqlite", "--samples", "0..<2", "--epsilon", "0"], in: folder)
    #expect(other.status == 0 && folder.contents().keys.allSatisfy { !$0.hasPrefix("o/") })
    let differing = try Tool.run(["study", "diff", "s/a.sqlite", "o.sqlite"], in: folder)
    #expect(differing.status == 1 && differing.output.contains("epsilon is 0.02 in the first and 0.0 in the second"))
    let mixed = try Tool.run(["report", "s/a.sqlite", "o.sqlite"], in: folder)
    #expect(mixed.status == 0 && mixed.output.contains("left out: 1 that not all studies have"))
  }

  @Test("Models of one name do not share a file")
  func namesakes() throws {
    let folder = try Scratch()
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("x"), withIntermediateDirectories: true)
    for name in ["a.onnx", "x/a.onnx"] {
      try folder.write(Data(contentsOf: URL(fileURLWithPath: Tool.model)), to: name)
    }
    let ending = try Tool.run(["study", "a.onnx", "x/a.onnx"], in: folder)
    #expect(ending.status == 2 && ending.errors.contains("two models are called a"))
  }
}
