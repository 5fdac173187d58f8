import Foundation
import Studies
import TestSupport
import Testing

/// What `certify` answers, and what it keeps however it ends.
@Suite("certify", .serialized)
struct CertifyTests {
  private static func question(_ samples: String, store: String = "v.sqlite") -> [String] {
    ["certify", Tool.model, "--samples", samples, "--epsilon", "0.1", "--store", store]
  }

  private func records(_ folder: borrowing Scratch, _ name: String = "v.sqlite") throws -> [CertificationRecord] {
    try CertificationStore.openForReading(folder.url.appendingPathComponent(name).path).records()
  }

  /// What does not depend on the clock.
  private func timeless(_ records: [CertificationRecord]) -> [CertificationRecord] {
    records.map { record in
      var record = record
      record.seconds = 0
      for i in record.stages.indices { record.stages[i].seconds = 0 }
      return record
    }
  }

  @Test("Threads, shards and a second run change nothing; the report has the same rows")
  func sameAnswers() throws {
    let folder = try Scratch()
    let one = try Tool.run(Self.question("0..<60") + ["--threads", "1"], in: folder)
    #expect(one.status == 0 && one.output.contains("certified accuracy"))
    let whole = timeless(try records(folder))
    #expect(whole.count == 60)
    let again = try Tool.run(Self.question("0..<60"), in: folder)
    #expect(again.status == 0 && again.errors.contains("60 of 60 samples are there"))
    #expect(again.output == one.output)

    #expect(try Tool.run(Self.question("0..<60", store: "two.sqlite") + ["--threads", "2"], in: folder).status == 0)
    #expect(try timeless(records(folder, "two.sqlite")) == whole)
    for part in 1...3 {
      let ending = try Tool.run(
        Self.question("0..<60", store: "\(part).sqlite") + ["--shard", "\(part)/3", "--json"], in: folder)
      #expect(ending.status == 0 && ending.output.split(separator: "\n").count == 20)
    }
    let merged = try Tool.run(["merge", "all.sqlite", "1.sqlite", "2.sqlite", "3.sqlite"], in: folder)
    #expect(merged.status == 0 && merged.output.hasSuffix("all.sqlite: 60 samples\n"))
    #expect(try timeless(records(folder, "all.sqlite")) == whole)
    #expect(try Tool.run(["report", "all.sqlite"], in: folder).status == 0)
    let table = try StudyTable(folder.url.appendingPathComponent("all/samples.csv"))
    #expect(table.rows.count == 60 && table.columns.prefix(4) == ["index", "label", "predicted", "verdict"])
  }

  @Test("Killed twenty times at random moments, the store is that of an uninterrupted run")
  func killed() throws {
    let whole = try Scratch()
    let killed = try Scratch()
    let arguments = Self.question("0..<4000") + ["--json"]
    let uninterrupted = try Tool.run(arguments, in: whole, timeout: 300)
    #expect(uninterrupted.status == 0)
    var between = 0
    for _ in 0..<20 {
      // By rows, not by the clock: a machine that is busy now and free later finishes early otherwise. A fortieth of
      // the rows in a run at most, so that the twentieth still has rows before it; sometimes before the first.
      let rows = Int.random(in: 0...100)
      let delay = Double.random(in: 0...0.05)
      let ending = try Tool.run(
        arguments, in: killed,
        interrupt: (
          after: { output in
            guard output.utf8.count(where: { $0 == UInt8(ascii: "\n") }) >= rows else { return false }
            Thread.sleep(forTimeInterval: delay)
            return true
          }, signal: SIGKILL
        ))
      if ending.status == 128 + SIGKILL, !ending.output.isEmpty { between += 1 }
    }
    #expect(between >= 10, "only \(between) runs were killed in the middle")
    #expect(try Tool.run(arguments, in: killed, timeout: 300).status == 0)
    #expect(try timeless(records(killed)) == timeless(records(whole)))
  }

  @Test("What splits and an attack from the centre leave open for minutes is decided")
  func hardSamples() throws {
    let folder = try Scratch()
    let arguments = ["certify", Tool.model, "--samples", "4,5,35,47", "--epsilon", "0.12", "--store", "v.sqlite"]
    #expect(try Tool.run(arguments + ["--timeout", "25"], in: folder, timeout: 120).status == 0)
    let found = try records(folder)
    #expect(found.map(\.verdict) == [.falsified, .falsified, .certified, .certified])
    #expect(found.allSatisfy { $0.method == .activationSplitting })
  }

  @Test("Samples that had too little time are tried again with more of it")
  func moreTime() throws {
    let folder = try Scratch()
    let hasty = try Tool.run(Self.question("0..<20") + ["--timeout", "0.000001"], in: folder)
    #expect(hasty.status == 1 && hasty.errors.contains("samples were not decided"))
    #expect(try records(folder).contains { $0.verdict == .undecided })
    let patient = try Tool.run(Self.question("0..<20") + ["--timeout", "60"], in: folder)
    #expect(patient.status == 0)
    #expect(try records(folder).allSatisfy { $0.verdict != .undecided })
  }

  @Test(
    "Bad input ends in one line",
    arguments: [
      ["certify", "missing.onnx"], ["certify", Tool.model, "--timeout", "0"], ["certify", Tool.model, "--epsilon=-1"],
      ["certify", Tool.model, "--shard", "3/2"], ["certify", Tool.model, "--shard", "1/0"], ["certfy", Tool.model],
      ["certify", Tool.model, "--samples", "0..<2", "--shard", "3/3"],
      ["certify", Tool.model, "--store", "no/where.sqlite"], ["certify", Tool.model, "--samples", "99999"],
      ["merge", "all.sqlite", "missing.sqlite"], ["merge", "all.sqlite"],
    ])
  func badInput(arguments: [String]) throws {
    let folder = try Scratch()
    let ending = try Tool.run(arguments, in: folder)
    #expect(ending.status == 2 && ending.output.isEmpty && ending.errorLines.count == 1, "\(ending.errors)")
    #expect(folder.contents()["all.sqlite"] == nil)
  }

  @Test("Another question does not go into the same store, nor a study into it")
  func refusals() throws {
    let folder = try Scratch()
    #expect(try Tool.run(Self.question("0..<3"), in: folder).status == 0)
    let other = try Tool.run(Self.question("0..<3") + ["--seed", "2"], in: folder)
    #expect(other.status == 2 && other.errors.contains("seed is 1 there and 2 here"))
    let study = try Tool.run(["study", "--samples", "0..<3", "--store", "v.sqlite"], in: folder)
    #expect(study.status == 2 && study.errors.contains("it holds a certification, not a study"))
  }
}

/// Verdicts and exact worst cases of the same samples.
@Suite("certify against exact", .serialized, .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct CertifyReferenceTests {
  private struct Row: Decodable {
    var index: Int
    var lower: Double
    var upper: Double?
    var verdict: String?
  }

  @Test(
    "Verdicts are the signs of exact worst-case margins",
    arguments: [("cnn3_w4_8_ibp.onnx", "0.1"), ("cnn3_w16_32_ibp.onnx", "0.05"), ("cnn3_w2_2_pgd.onnx", "0.02")])
  func signs(net: String, epsilon: String) throws {
    let folder = try Scratch()
    func rows(_ verb: [String]) throws -> [Row] {
      let data = ["--dataset", "mnist", "--data", try SharedData.url("mnist").path, "--epsilon", epsilon, "--json"]
      let net = try SharedData.url("reference/nets/\(net)").path
      let ending = try Tool.run(
        [verb[0], net] + verb.dropFirst() + data + ["--samples", "0..<25"], in: folder, timeout: 300)
      #expect(ending.status == 0, "\(ending.errors)")
      return try ending.output.split(separator: "\n").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
        .sorted { $0.index < $1.index }
    }
    let verdicts = try rows(["certify", "--store", "v.sqlite"])
    let exact = try rows(["exact"])
    #expect(verdicts.count == 25 && exact.count == 25)
    for (verdict, exact) in zip(verdicts, exact) {
      let upper = try #require(exact.upper)
      #expect((verdict.verdict == "certified") == (upper < 0), "sample \(verdict.index)")
      #expect(verdict.lower <= upper && verdict.upper ?? .infinity >= exact.lower, "sample \(verdict.index)")
    }
  }
}
