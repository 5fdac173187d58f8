import Foundation
import ONNXFormat
import Studies
import TestSupport
import Testing

/// Runs over samples of which one has outputs that double precision cannot hold.
@Suite("Overflow", .serialized)
struct OverflowTests {
  private static let question = ["net.onnx", "--dataset", "npy", "--data", "arrays", "--epsilon", "0.1"]
  private static let remark =
    "worstcase: the network's outputs overflow on 1 of 4 samples (1), of which nothing is known"

  /// A folder with the network and its four samples.
  private func prepared() throws -> Scratch {
    let folder = try Scratch()
    try ONNXExporter().write(try OverflowingNetwork.make(), to: folder.path("net.onnx"))
    try FileManager.default.createDirectory(atPath: folder.path("arrays"), withIntermediateDirectories: true)
    let samples = OverflowingNetwork.samples
    try folder.write(
      NumpyFiles.data(samples.flatMap { $0.input.map { Float($0) } }, extents: [4, 2]), to: "arrays/images.npy")
    try folder.write(NumpyFiles.data(samples.map { Float($0.label) }, extents: [4]), to: "arrays/labels.npy")
    return folder
  }

  private func table(_ folder: borrowing Scratch, _ name: String) throws -> [[Substring]] {
    String(decoding: try #require(folder.contents()[name]), as: UTF8.self)
      .split(whereSeparator: \.isNewline).map { $0.split(separator: ",", omittingEmptySubsequences: false) }
  }

  @Test("certify goes on past it, never counts it, and says so each time")
  func certify() throws {
    let folder = try prepared()
    let arguments = ["certify"] + Self.question + ["--store", "v.sqlite"]
    let first = try Tool.run(arguments + ["--threads", "1"], in: folder)
    #expect(first.status == 1 && first.errorLines.last.map(String.init) == Self.remark, "\(first.errors)")
    for line in ["natural accuracy        50.00 %       2", "certified accuracy      50.00 %       2"] {
      #expect(first.output.contains(line), "\(first.output)")
    }
    #expect(first.output.contains("overflowed              25.00 %       1"))
    let again = try Tool.run(arguments + ["--timeout", "1000"], in: folder)
    #expect(again.status == 1 && again.output == first.output && again.errorLines.last == first.errorLines.last)
    #expect(again.errors.contains("4 of 4 samples are there"))

    let found = try CertificationStore.openForReading(folder.path("v.sqlite")).records()
    #expect(found.map(\.verdict) == [.certified, .undecided, .misclassified, .certified])
    #expect(found[1].reason == .overflow && found[1].predicted == nil && found[1].lower == -.infinity)
    let rows = try Tool.run(["certify"] + Self.question + ["--store", "w.sqlite", "--json"], in: folder)
    #expect(rows.status == 1 && rows.output.contains(#""lower":"-inf","nodes":0,"reason":"overflow""#))
    #expect(try Tool.run(["merge", "all.sqlite", "v.sqlite", "w.sqlite"], in: folder).status == 0)
    #expect(try Tool.run(["report", "all.sqlite"], in: folder).status == 0)
    let row = try table(folder, "all/samples.csv")[2]
    #expect(row.prefix(9) == ["1", "1", "", "undecided", "", "-inf", "", "", "overflow"])
  }

  @Test("study goes on past it and leaves it out of all statistics")
  func study() throws {
    let folder = try prepared()
    let arguments = ["study"] + Self.question + ["--methods", "IBP,PGD", "--store", "s.sqlite"]
    let first = try Tool.run(arguments, in: folder)
    #expect(first.status == 1 && first.errorLines.last.map(String.init) == Self.remark, "\(first.errors)")
    #expect(first.output.contains("4 samples, 1 open bracket (largest gap"), "\(first.output)")
    #expect(first.output.contains("1 without a value") && first.output.contains("IBP: 1 without a finite estimate"))
    #expect(!first.output.contains("inf"), "\(first.output)")
    let again = try Tool.run(arguments + ["--timeout", "1000"], in: folder)
    #expect(again.status == 1 && again.output == first.output && again.errorLines.last == first.errorLines.last)

    let rows = try table(folder, "s/samples.csv")
    #expect(rows[2].prefix(9) == ["1", "1", "", "-inf", "inf", "", "bracket", "overflow", ""])
    #expect(rows[2].dropFirst(10).allSatisfy { $0.isEmpty })
    let json = try Tool.run(["study", "export", "s.sqlite", "--format", "jsonl"], in: folder)
    let row = try #require(json.output.split(separator: "\n").dropFirst().first)
    #expect(row.hasPrefix(#"{"index":1,"label":1,"lower":"-inf","reason":"overflow","#), "\(row)")
    let show = try Tool.run(["study", "show", "s.sqlite", "--json"], in: folder)
    #expect(show.status == 0 && show.output.contains(#""withoutValue":1"#) && show.output.contains(#""correct":2"#))
    #expect(show.output.contains(#""natural":0.5"#) && show.output.contains(#""robust":[0.5,0.5]"#), "\(show.output)")

    #expect(try Tool.run(arguments.dropLast() + ["t.sqlite", "--no-report"], in: folder).status == 1)
    #expect(try Tool.run(["study", "diff", "s.sqlite", "t.sqlite"], in: folder).status == 0)
    let compared = try Tool.run(["report", "s.sqlite", "t.sqlite"], in: folder)
    #expect(compared.status == 0 && compared.output.contains("net: 1 without a value"), "\(compared.output)")
  }

  @Test("A study of nothing else has nothing to draw, and says why")
  func nothingElse() throws {
    let folder = try prepared()
    let ending = try Tool.run(["study"] + Self.question + ["--samples", "1"], in: folder)
    #expect(ending.status == 1 && ending.errors.contains("overflow on 1 of 1 samples (1)"), "\(ending.errors)")
    #expect(folder.contents()["study/net/report.html"] == nil)
  }

  @Test("exact goes on past it as well")
  func exact() throws {
    let folder = try prepared()
    let table = try Tool.run(["exact"] + Self.question, in: folder)
    #expect(table.status == 1 && table.errorLines.last.map(String.init) == Self.remark, "\(table.errors)")
    #expect(table.output.split(separator: "\n").count == 5)
    let rows = try Tool.run(["exact"] + Self.question + ["--json", "--witness", "inputs"], in: folder)
    #expect(rows.status == 1 && rows.output.split(separator: "\n").count == 4)
    let inputs = folder.contents().keys.filter { $0.hasPrefix("inputs/") }.sorted()
    #expect(inputs == ["inputs/0.npy", "inputs/2.npy", "inputs/3.npy"])
  }
}
