import Foundation
import Testing

/// What `exact` says of other quantities than the largest margin.
@Suite("Exact quantities")
struct ExactQuantityTests {
  private struct Entry: Decodable {
    var `class`, unit: Int?
    var lower, upper: Double?
    var minimum, maximum: [Double]?
    var status: String
  }

  private struct Answer: Decodable {
    var index, label, openBrackets: Int
    var lower, upper: Double?
    var margins, logits, units: [Entry]?
  }

  private struct Widths: Decodable {
    struct Method: Decodable {
      var method: String
      var meanWidth: Double
      var tightness: [Double]
    }
    var units: Int
    var exact: [Double]
    var methods: [Method]
  }

  private func answers(_ options: [String]) throws -> [Answer] {
    let ending = try Tool.run(["exact", Tool.model, "--epsilon", "0.02", "--json"] + options, in: try Scratch())
    #expect(ending.status == 0, "\(ending.errors)")
    return try ending.output.split(separator: "\n").filter { !$0.hasPrefix("{\"summary\"") }
      .map { try JSONDecoder().decode(Answer.self, from: Data($0.utf8)) }
  }

  @Test("margins, logits and the cross-entropy agree with each other and with the largest margin")
  func outputs() throws {
    let samples = ["--samples", "0...2"]
    let largest = try answers(samples)
    let margins = try answers(samples + ["--quantity", "margins"])
    let logits = try answers(samples + ["--quantity", "logits"])
    let losses = try answers(samples + ["--quantity", "cross-entropy", "--threads", "1"])
    #expect(margins.map(\.index) == [0, 1, 2] && logits.count == 3 && losses.count == 3)
    for sample in 0..<3 {
      let all = try #require(margins[sample].margins)
      let label = margins[sample].label
      #expect(all.compactMap(\.class) == (0..<10).filter { $0 != label })
      #expect(all.allSatisfy { $0.status == "exact" })
      let worst = try #require(all.compactMap(\.upper).max())
      #expect(abs(worst - (try #require(largest[sample].upper))) < 2e-5)
      // No margin exceeds what the ranges of its two logits allow.
      let ranges = try #require(logits[sample].logits)
      for entry in all {
        let (target, lower) = (try #require(entry.class), try #require(entry.lower))
        #expect(lower <= (try #require(ranges[target].maximum))[1] - (try #require(ranges[label].minimum))[0])
      }
      let (lower, upper) = (try #require(losses[sample].lower), try #require(losses[sample].upper))
      #expect(0 < lower && lower <= upper)
      #expect(upper <= log(1 + all.compactMap(\.upper).reduce(0) { $0 + exp($1) }) * 1.001)
      #expect(lower >= log1p(exp(worst)) - 1e-4)
    }
  }

  @Test("A layer's ranges come with the widths of bounds: interval propagation is exact on the first layer")
  func layers() throws {
    let folder = try Scratch()
    for (layer, units) in [("1", 784), ("relu3", 392)] {
      let arguments = ["exact", Tool.model, "--samples", "0", "--epsilon", "0.02", "--layer", layer]
      let ending = try Tool.run(arguments + ["--json"], in: folder)
      #expect(ending.status == 0)
      let lines = ending.output.split(separator: "\n")
      let answer = try JSONDecoder().decode(Answer.self, from: Data(lines[0].utf8))
      #expect(answer.units?.count == units && answer.openBrackets == 0)
      struct Summary: Decodable { var summary: Contents }
      struct Contents: Decodable { var widths: Widths }
      let widths = try JSONDecoder().decode(Summary.self, from: Data((try #require(lines.last)).utf8)).summary.widths
      #expect(widths.units == units && widths.exact[0] <= widths.exact[1])
      #expect(widths.methods.map(\.method) == ["IBP", "CROWN-IBP", "CROWN", "alpha-CROWN"])
      for method in widths.methods {
        #expect(method.meanWidth >= widths.exact[0])
        #expect(layer != "1" || method.tightness[0] > 0.999_999)
      }
      let table = try Tool.run(arguments, in: folder)
      #expect(table.output.contains("exact / method") && table.output.split(separator: "\n").count == units + 8)
    }
  }

  @Test("No time leaves brackets open, and says so")
  func timeout() throws {
    let ending = try Tool.run(
      ["exact", Tool.model, "--samples", "0", "--epsilon", "0.3", "--timeout", "0.001", "--quantity", "logits"],
      in: try Scratch())
    #expect(ending.status == 1)
    #expect(ending.errors == "worstcase: 1 of 1 samples have open brackets\n")
  }

  @Test(
    "Wrong questions are refused in one line",
    arguments: [
      (["--layer", "nosuch"], "1 relu1 (784), 2 relu3 (392)"), (["--layer", "0"], "1 relu1"),
      (["--layer", "1", "--quantity", "logits"], "two questions"),
      (["--quantity", "logits", "--solver", "both"], "bab alone"),
      (["--layer", "1", "--witness", "inputs"], "--witness"),
    ])
  func refusals(options: [String], words: String) throws {
    let folder = try Scratch()
    let ending = try Tool.run(["exact", Tool.model, "--samples", "0"] + options, in: folder)
    #expect(ending.status == 2 && ending.output.isEmpty && ending.errorLines.count == 1)
    #expect(ending.errors.contains(words))
    #expect(folder.contents().isEmpty)
  }
}
