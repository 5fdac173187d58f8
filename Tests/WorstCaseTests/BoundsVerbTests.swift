import Foundation
import Networks
import ONNXFormat
import Tensors
import TestSupport
import Testing

/// `bounds`: methods side by side.
@Suite("bounds")
struct BoundsVerbTests {
  private struct Row: Decodable {
    struct Summary: Decodable {
      struct Method: Decodable {
        struct Layer: Decodable {
          var name: String
          var units: Int
          var unstable: Double?
          var meanWidth: Double
        }
        var method: String
        var certified: Int
        var worst, seconds: [String: Double]
        var layers: [Layer]
      }
      var samples, correct: Int
      var methods: [Method]
      var statistics: [String: [String: Double]]
    }
    var index, label: Int?
    var method: String?
    var margins: [String: Double]?
    var worst, seconds: Double?
    var `class`: Int?
    var status: String?
    var unstable, dead, active: [Int?]?
    var widths: [Double]?
    var statistics: [String: Double]?
    var summary: Summary?
  }

  private static let methods = ["IBP", "CROWN-IBP", "CROWN", "alpha-CROWN", "zonotope", "forward"]

  private func rows(_ text: String) throws -> [Row] {
    try text.split(separator: "\n").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
  }

  @Test("Without a word of advice the built-in network, all methods, tables")
  func tables() throws {
    let folder = try Scratch()
    let ending = try Tool.run(["bounds", "--samples", "0..<4", "--epsilon", "0.05"], in: folder)
    #expect(ending.status == 0)
    for words in Self.methods + ["digits-cnn3-ibp.onnx", "certified", "milliseconds", "relu1", "relu3", "784", "392"] {
      #expect(ending.output.contains(words))
    }
    for words in ["propagation tightness", "seen with both signs", "half width / natural margin", "4 samples"] {
      #expect(ending.output.contains(words))
    }
    #expect(ending.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    #expect(ending.errors.contains("4/4 samples"))
    #expect(folder.contents().isEmpty)

    let few = ["bounds", Tool.model, "--samples", "3,1", "--methods", "crown,IBP", "--no-statistics", "--per-sample"]
    let short = try Tool.run(few, in: folder)
    #expect(short.status == 0 && !short.output.contains("tightness") && !short.output.contains("zonotope"))
    // A line for each sample and method, in their orders, under the header.
    let lines = short.output.split(separator: "\n", omittingEmptySubsequences: false).prefix(6)
    let cells = lines.dropFirst().prefix(4).map { $0.split(separator: " ") }
    #expect(cells.map { $0.first } == ["1", "1", "3", "3"] && cells.map { $0[2] } == ["CROWN", "IBP", "CROWN", "IBP"])
    #expect(lines.first?.hasSuffix("unstable by layer") == true && lines.last?.isEmpty == true)
  }

  @Test("Single precision is looser by little, and more iterations are no looser")
  func precision() throws {
    let folder = try Scratch()
    func worst(_ options: [String]) throws -> Double {
      let ending = try Tool.run(["bounds", "--samples", "2", "--json", "--no-statistics"] + options, in: folder)
      #expect(ending.status == 0)
      return try #require(try rows(ending.output).first?.worst)
    }
    let double = try worst(["--methods", "CROWN-IBP", "--precision", "double"])
    let single = try worst(["--methods", "CROWN-IBP", "--precision", "single"])
    #expect(single > double && single < double + 0.05)
    #expect(try worst(["--methods", "CROWN-IBP"]) == double)
    let none = try worst(["--methods", "alpha-CROWN", "--iterations", "0"])
    #expect(try worst(["--methods", "alpha-CROWN", "--iterations", "5"]) < none)
    for options in [["--precision", "half"], ["--iterations", "-1"], ["--range-iterations", "x"]] {
      let ending = try Tool.run(["bounds"] + options, in: folder)
      #expect(ending.status == 2 && ending.errors.contains(options[0]))
    }
  }

  @Test("JSON has a row for each sample and method, statistics and a summary, whatever the threads")
  func json() throws {
    let folder = try Scratch()
    func run(_ threads: Int) throws -> [Row] {
      let ending = try Tool.run(["bounds", "--samples", "0...2,5", "--json", "--threads", "\(threads)"], in: folder)
      #expect(ending.status == 0)
      return try rows(ending.output)
    }
    let found = try run(1)
    #expect(found.count == 4 * 7 + 1)
    let other = try run(2)
    for (a, b) in zip(found, other) {
      #expect(a.index == b.index && a.margins == b.margins && a.unstable == b.unstable && a.statistics == b.statistics)
    }
    for (position, index) in [0, 1, 2, 5].enumerated() {
      let sample = found[position * 7..<position * 7 + 7]
      #expect(sample.allSatisfy { $0.index == index })
      #expect(sample.compactMap(\.method) == Self.methods)
      let interval = try #require(sample.first?.worst)
      for row in sample.dropLast() {
        let worst = try #require(row.worst)
        #expect(worst <= interval && row.margins?.count == 9 && row.margins?.values.max() == worst)
        #expect(row.status == (worst < 0 ? "certified" : "undecided"))
        #expect(row.margins?["\(row.class ?? -1)"] == worst && (row.seconds ?? 0) > 0)
        let (dead, active, unstable) = (row.dead ?? [], row.active ?? [], row.unstable ?? [])
        let units = unstable.indices.map { (unstable[$0] ?? 0) + (dead[$0] ?? 0) + (active[$0] ?? 0) }
        #expect(units == [784, 392] && row.widths?.count == 2)
      }
      let statistics = try #require(sample.last?.statistics)
      let share = Double((sample.first?.unstable ?? []).reduce(0) { $0 + ($1 ?? 0) }) / 1176 * 100
      #expect(abs((statistics["unstable"] ?? -1) - share) < 1e-9)
      #expect((statistics["tightness"] ?? 0) > 0 && (statistics["tightness"] ?? 2) <= 1)
      #expect((statistics["signChanges"] ?? 100) <= share)
    }
    let summary = try #require(found.last?.summary)
    #expect(summary.samples == 4 && summary.methods.map(\.method) == Self.methods)
    let worst = found.filter { $0.method == "CROWN" }.compactMap(\.worst)
    #expect(abs((summary.methods[2].worst["mean"] ?? 0) - worst.reduce(0, +) / 4) < 1e-9)
    #expect(summary.methods[2].worst.keys.sorted() == ["mean", "p25", "p5", "p50", "p75", "p95"])
    #expect(summary.methods[2].layers.map(\.name) == ["relu1", "relu3"] && summary.methods[2].seconds["p50"] ?? 0 > 0)
    #expect(summary.statistics.count == 11)
  }

  @Test("The worst margins contain the exact ones")
  func order() throws {
    let folder = try Scratch()
    struct Bracket: Decodable { var lower: Double }
    let exact = try Tool.run(["exact", Tool.model, "--samples", "0...2", "--epsilon", "0.05", "--json"], in: folder)
    let lower = try exact.output.split(separator: "\n").map {
      try JSONDecoder().decode(Bracket.self, from: Data($0.utf8)).lower
    }
    for slope in ["adaptive", "zero", "one"] {
      let bounds = try Tool.run(
        ["bounds", "--samples", "0...2", "--epsilon", "0.05", "--json", "--lower-slope", slope], in: folder)
      for row in try rows(bounds.output) {
        guard let index = row.index, let worst = row.worst else { continue }
        #expect(worst >= lower[index])
      }
    }
  }

  @Test("Sigmoids are bounded by all methods, and have no unstable units")
  func smooth() throws {
    let folder = try Scratch()
    var builder = NetworkBuilder(inputShape: Shape(vector: 784))
    var random = RandomNetworks(seed: 4)
    func layer(_ rows: Int, _ columns: Int) -> LinearLayer {
      LinearLayer(map: .dense(DenseMap(rows: rows, columns: columns, weights: random.weights(rows * columns))))
    }
    var last = try builder.linear(layer(5, 784), of: builder.input, shape: Shape(vector: 5), name: "a")
    last = builder.activation(.sigmoid, of: last, name: "sigmoid")
    last = try builder.linear(layer(10, 5), of: last, shape: Shape(vector: 10), name: "b")
    try ONNXExporter().write(builder.network(output: last), to: folder.path("smooth.onnx"))
    let ending = try Tool.run(
      ["bounds", "smooth.onnx", "--samples", "0", "--epsilon", "0.001", "--json"], in: folder)
    #expect(ending.status == 0)
    let found = try rows(ending.output)
    #expect(found.count == 8 && found.prefix(6).allSatisfy { $0.unstable == [nil] && $0.widths?.count == 1 })
    let table = try Tool.run(["bounds", "smooth.onnx", "--samples", "0", "--epsilon", "0.001"], in: folder)
    #expect(
      table.status == 0 && !table.output.contains("unstable ReLUs") && table.output.contains("width of the ranges"))
  }

  @Test("A figure is drawn where it is wanted, and nothing else")
  func figure() throws {
    let folder = try Scratch()
    let ending = try Tool.run(["bounds", "--samples", "0..<3", "--figure", "t.svg"], in: folder)
    #expect(ending.status == 0 && ending.output.hasSuffix("figure  t.svg\n"))
    let svg = String(decoding: folder.contents()["t.svg"] ?? Data(), as: UTF8.self)
    for words in Self.methods + ["Tightness against time", "ε = 0.1", "n = 3 samples"] { #expect(svg.contains(words)) }
    #expect(folder.contents().count == 1)
  }

  @Test("Ctrl-C ends it with tables of what was finished", arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) throws {
    let folder = try Scratch()
    let ending = try Tool.run(
      ["bounds", "--samples", "0..<10000", "--per-sample"], in: folder,
      interrupt: (after: { $0.split(separator: "\n").count > 12 }, signal: signal))
    #expect(ending.status == 128 + signal)
    #expect(ending.errors.contains("worstcase: interrupted; what is in flight is finished first"))
    let end = try #require(ending.errorLines.last)
    #expect(end.hasPrefix("worstcase: interrupted after ") && end.hasSuffix(" of 10000 samples"))
    let count = ending.output.split(separator: "\n").count { line in
      let cells = line.split(separator: " ")
      return cells.count > 2 && Int(cells[0]) != nil && cells[2] == "IBP"
    }
    #expect(end.contains("after \(count) of") && ending.output.contains("\(count) samples, "))
  }

  @Test("Options whose values make no sense")
  func refusals() throws {
    let wrong: [([String], [String])] = [
      (["--methods", "FOO"], ["--methods", "no method FOO", "alpha-CROWN"]), (["--methods", ","], ["--methods"]),
      (["--lower-slope", "two"], ["--lower-slope"]), (["--range-iterations", "-1"], ["--range-iterations"]),
      (["--epsilon", "-0.1"], ["--epsilon"]), (["--threads", "0"], ["--threads"]), (["--seed", "-1"], ["--seed"]),
      (["--blas-core", "NoSuchCore"], ["--blas-core"]), (["--samples", "x"], ["--samples"]),
      (["--figure", "t.png"], ["--figure", ".svg"]), (["--figure", "nowhere/t.svg"], ["--figure", "nowhere"]),
      (["missing.onnx"], ["missing.onnx"]), (["--timeout", "3"], ["--timeout"]),
    ]
    for (arguments, words) in wrong {
      let folder = try Scratch()
      let ending = try Tool.run(["bounds"] + arguments, in: folder)
      #expect(ending.status == 2 && ending.output.isEmpty && ending.errorLines.count == 1, "\(arguments)")
      for word in words { #expect(ending.errors.contains(word), "\(arguments): \(ending.errors)") }
      #expect(folder.contents().isEmpty)
    }
  }
}
