import ArgumentParser
import Bounds
import Datasets
import Foundation
import Networks
import ONNXFormat
import Tensors

/// How CROWN and α-CROWN compare with auto_LiRPA's on trained networks and MNIST.
struct Reference: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares CROWN and α-CROWN with auto_LiRPA's bounds of the same problems.",
    discussion: """
      For each network and ε the mean over images of the largest margin over classes, and milliseconds of processor time \
      an image on one thread, from the box to the bounds. The reference optimised 20 iterations in double precision.
      """)

  @Argument(help: "The reference's bounds: bounds.json.") var bounds: String
  @Option(help: "The folder of the networks.") var nets: String
  @Option(help: "The folder of MNIST's files.") var data: String
  @Option(help: "Only the first so many images of each problem.") var samples = Int.max

  private struct File: Decodable { let rows: [Row] }

  private struct Row: Decodable {
    let net: String
    let epsilon: Double
    let index, label: Int
    let classes: [Int]
    let crown, alpha: [Double]

    enum CodingKeys: String, CodingKey {
      case net, epsilon, index, label, classes, crown
      case alpha = "alpha-crown-20"
    }
  }

  private struct Problem: Hashable {
    let net: String
    let epsilon: Double
  }

  /// Ways to bound some rows over a box.
  private static let methods: [(name: String, bound: @Sendable (Network, Box, LinearRows) -> [Double])] = [
    ("CROWN", { $2.bounded(over: $1, $0) { $0.upperBounds(of: $1, by: .crown) } }),
    ("α, rows alone", { $2.bounded(over: $1, $0, AlphaSettings(intermediate: nil)) }),
    ("α, 5 iterations", { $2.bounded(over: $1, $0, AlphaSettings(iterations: 5)) }),
    ("α, 10 iterations", { $2.bounded(over: $1, $0, AlphaSettings(iterations: 10)) }),
    ("α (20 iterations)", { $2.bounded(over: $1, $0, AlphaSettings()) }),
    ("α, least gain 0.0001", { $2.bounded(over: $1, $0, AlphaSettings(leastGain: 1e-4)) }),
    ("α, verdicts alone", { $2.bounded(over: $1, $0, AlphaSettings(sufficient: 0)) }),
    (
      "α, all ranges",
      { network, box, rows in
        var refined = RegionBounds(of: network, over: box)
        refined.refine(optimising: AlphaSettings(iterations: 10))
        return refined.upperBounds(of: rows, by: .alphaCROWN)
      }
    ),
  ]

  func run() throws {
    BLASKernels.select()
    let rows = try JSONDecoder().decode(File.self, from: Data(contentsOf: URL(fileURLWithPath: bounds))).rows
    let images = try MNIST.load(directory: URL(fileURLWithPath: data), split: .test)
    let problems = Dictionary(grouping: rows) { Problem(net: $0.net, epsilon: $0.epsilon) }
    for (problem, rows) in problems.sorted(by: { ($0.key.net, $0.key.epsilon) < ($1.key.net, $1.key.epsilon) }) {
      let network = try ONNXModel(contentsOf: nets + "/" + problem.net).network
      let asked = rows.prefix(samples)
      print("\(problem.net), ε \(problem.epsilon), \(asked.count) images")
      Self.report("auto_LiRPA CROWN", asked.map { $0.crown.max() ?? 0 }, nil)
      Self.report("auto_LiRPA α-CROWN", asked.map { $0.alpha.max() ?? 0 }, nil)
      for (name, bound) in Self.methods {
        let start = Meters.cpuSeconds
        let worst = try asked.map { row in
          let region = try Region(ballAround: images.image(row.index), radius: row.epsilon, validRange: 0...1)
          let margins = LinearRows.margins(of: row.classes, label: row.label, outputs: network.outputCount)
          return bound(network, region.outer, margins).max() ?? 0
        }
        Self.report(name, worst, (Meters.cpuSeconds - start) / Double(asked.count) * 1000)
      }
      fflush(nil)
    }
  }

  private static func report(_ name: String, _ worst: [Double], _ milliseconds: Double?) {
    let mean = worst.reduce(0, +) / Double(worst.count)
    let time = milliseconds.map { String(format: "%8.2f ms", $0) } ?? ""
    print("  " + name.padding(toLength: 22, withPad: " ", startingAt: 0) + String(format: "%9.5f", mean) + time)
  }
}

extension LinearRows {
  /// The rows' bounds on CROWN's ranges.
  fileprivate func bounded(
    over box: Box, _ network: Network, _ body: (RegionBounds, LinearRows) -> [Double]
  ) -> [Double] {
    var refined = RegionBounds(of: network, over: box)
    refined.refine()
    return body(refined, self)
  }

  fileprivate func bounded(over box: Box, _ network: Network, _ settings: AlphaSettings) -> [Double] {
    bounded(over: box, network) { $0.upperBounds(of: $1, by: .alphaCROWN, optimising: settings) }
  }
}
