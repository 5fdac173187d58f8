import ArgumentParser
import Attacks
import Bounds
import Datasets
import Foundation
import Networks
import ONNXFormat
import Tensors
import TestSupport

/// Whether attacks, exact values, bounds and IBP stand in order on MNIST, and how methods compare.
struct Order: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks on MNIST that what attacks attain ≤ the worst case ≤ every bound ≤ IBP, and compares methods.",
    discussion: """
      Points are the image and what PGD finds, held against the bounds of all classes with an error bound. Ends with \
      status 1 where anything is out of order.
      """)

  @Argument(help: "An .onnx network and ε: net.onnx@0.1.") var problems: [String]
  @Option(help: "The folder of MNIST's files.") var data: String
  @Option(help: "The first so many test images.") var samples = 1000
  @Option(help: "Exact worst-case margins: net,epsilon,index,label,worst_margin,tolerance,…") var exact: String?
  @Option(help: "How many threads.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "PGD's steps, from one random start.") var steps = 20
  @Option(help: "PGD's random numbers.") var seed: UInt64 = 1

  /// A network's file name, ε and an image, as the table of exact values names them.
  private struct Question: Hashable {
    let net: String
    let epsilon: Double
    let index: Int
  }

  func run() throws {
    BLASKernels.select()
    let images = try MNIST.load(directory: URL(fileURLWithPath: data), split: .test).prefix(samples)
    let known = try exact.map(Self.worstCases) ?? [:]
    var isInOrder = true
    for problem in problems {
      let parts = problem.split(separator: "@")
      guard parts.count == 2, let epsilon = Double(parts[1]) else {
        throw ValidationError("\(problem) is no network and ε, such as net.onnx@0.1")
      }
      let path = String(parts[0])
      let net = URL(fileURLWithPath: path).lastPathComponent
      let network = try ONNXModel(contentsOf: path).network
      let seen = Workers(count: threads).map(0..<images.count) { index in
        Result {
          try order(
            network, net, epsilon, images.image(index), images.label(index), index,
            worst: known[Question(net: net, epsilon: epsilon, index: index)])
        }
      }
      var total = BoundOrder()
      for part in seen { total.merge(try part.get()) }
      print(Self.report(total, title: "\(net), ε \(epsilon)"))
      isInOrder = isInOrder && total.violations.isEmpty
    }
    guard isInOrder else { throw ExitCode.failure }
  }

  private func order(
    _ network: Network, _ net: String, _ epsilon: Double, _ image: [Double], _ label: Int, _ index: Int,
    worst: (margin: Double, tolerance: Double)?
  ) throws -> BoundOrder {
    let region = try Region(ballAround: image, radius: epsilon, validRange: 0...1)
    var stream = RandomStream(seed: seed, purpose: "order", index: index)
    let attack = PGD(PGDSettings(steps: steps, restarts: 1, step: 0.4, milestones: [0.5, 0.8]))
    let found = attack.attack(network, over: region, label: label, losses: [.margin, .crossEntropy], using: &stream)
    var order = BoundOrder()
    order.add(
      "\(net), ε \(epsilon), image \(index)", network, over: region, label: label,
      points: [image] + found.map(\.input), worst: worst)
    return order
  }

  private static func worstCases(_ path: String) throws -> [Question: (margin: Double, tolerance: Double)] {
    var known: [Question: (margin: Double, tolerance: Double)] = [:]
    for line in try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline) {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard cells.count > 5, let epsilon = Double(cells[1]), let index = Int(cells[2]), let margin = Double(cells[4]),
        let tolerance = Double(cells[5])
      else { continue }
      known[Question(net: String(cells[0]), epsilon: epsilon, index: index)] = (margin, tolerance)
    }
    return known
  }

  private static func report(_ order: BoundOrder, title: String) -> String {
    var lines = [
      "\(title): \(order.questions) images, \(order.rows) margins, \(order.known) known worst cases, "
        + "\(order.violations.count) out of order"
    ]
    for method in BoundMethod.allCases where order.known > 0 {
      let excess = (order.excess[method] ?? 0) / Double(order.known)
      lines.append(
        "  \(method.rawValue): worst margin \(String(format: "%.4f", excess)) above the exact one on average")
    }
    for first in BoundMethod.allCases {
      for second in BoundMethod.allCases {
        guard let comparison = order.comparisons[BoundOrder.Pair(first, second)] else { continue }
        lines.append(
          "  \(first.rawValue) against \(second.rawValue): tighter in \(comparison.first) rows, looser in "
            + "\(comparison.second), of \(comparison.rows); mean difference "
            + String(format: "%.3g", comparison.meanDifference))
      }
    }
    return (lines + order.violations.prefix(10).map { "  " + $0 }).joined(separator: "\n")
  }
}
