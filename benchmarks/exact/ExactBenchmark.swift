import ArgumentParser
import Datasets
import Foundation
import Networks
import ONNXFormat
import Tensors
import Verification

/// How long exact worst-case margins take on MNIST, image by image, and where the time goes.
@main
struct ExactBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times exact worst-case margins on MNIST's test images.",
    discussion: "Seconds are wall clock, of one image on one thread; quote figures of a calm machine only.")

  @Argument(help: "An .onnx network and ε: net.onnx@0.1.") var problems: [String]
  @Option(help: "The folder of MNIST's files.") var data: String
  @Option(help: "The first so many test images.") var samples = 100
  @Option(help: "The first image.") var first = 0
  @Option(help: "How many threads.") var threads = 1
  @Option(help: "Seconds for one image.") var timeout = 60.0
  @Option(help: "What closes classes.") var solver = ExactEngine.bab
  @Option(help: "Known values: net,epsilon,index,label,worst_margin,tolerance,unstable,solver,seconds.") var known:
    String?
  @Flag(help: "A line for each image.") var verbose = false

  /// What is known of one question: its value, and the seconds that it took whoever knows.
  private struct Known {
    let margin: Double
    let tolerance: Double
    let seconds: Double
  }

  func run() throws {
    FreedMemory.keep()
    BLASKernels.select()
    let known = try known.map(Self.known) ?? [:]
    var isAgreed = true
    let images = try MNIST.load(directory: URL(fileURLWithPath: data), split: .test).prefix(first + samples)
    for problem in problems {
      let parts = problem.split(separator: "@")
      guard parts.count == 2, let epsilon = Double(parts[1]) else {
        throw ValidationError("\(problem) is no network and ε, such as net.onnx@0.1")
      }
      let network = try ONNXModel(contentsOf: String(parts[0])).network
      let settings = ExactSettings(timeout: timeout, engine: solver)
      let start = ContinuousClock.now
      let brackets = Workers(count: threads).map(first..<images.count) { index in
        Result {
          try ExactMargin.bracket(
            of: network, over: Region(ballAround: images.image(index), radius: epsilon, validRange: 0...1),
            label: images.label(index), sample: index, settings: settings)
        }
      }
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      let net = URL(fileURLWithPath: String(parts[0])).lastPathComponent
      let solved = try brackets.map { try $0.get() }
      report(net, epsilon, solved, elapsed)
      isAgreed = compare(net, epsilon, solved, known) && isAgreed
    }
    guard isAgreed else { throw ExitCode.failure }
  }

  /// Prints how far brackets are from known values; whether all contain theirs.
  private func compare(_ net: String, _ epsilon: Double, _ brackets: [MarginBracket], _ known: [String: Known]) -> Bool
  {
    var (count, seconds, knownSeconds, worst) = (0, 0.0, 0.0, 0.0)
    for (index, bracket) in brackets.enumerated() {
      guard let value = known["\(net),\(epsilon),\(first + index)"] else { continue }
      count += 1
      seconds += bracket.seconds
      knownSeconds += value.seconds
      let off = max(bracket.lower.margin - value.margin, value.margin - bracket.upper)
      worst = max(worst, off)
      if off > value.tolerance {
        print("image \(first + index): [\(bracket.lower.margin), \(bracket.upper)], known \(value.margin)")
      }
    }
    guard count > 0 else { return true }
    print(
      String(
        format: "%d known values: largest distance from a bracket %.1e; %.2f s here, %.2f s there, ratio %.1f", count,
        worst, seconds, knownSeconds, knownSeconds / seconds))
    return worst <= 1e-4
  }

  private static func known(_ path: String) throws -> [String: Known] {
    var known: [String: Known] = [:]
    for line in try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline).dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count > 6, let epsilon = Double(fields[1]), let margin = Double(fields[4]),
        let tolerance = Double(fields[5]), let seconds = fields.last.flatMap({ Double($0) })
      else { throw ValidationError("\(path) has a line without known values: \(line)") }
      known["\(fields[0]),\(epsilon),\(fields[2])"] = Known(margin: margin, tolerance: tolerance, seconds: seconds)
    }
    return known
  }

  private func report(
    _ net: String, _ epsilon: Double, _ brackets: [MarginBracket], _ elapsed: Double
  ) {
    if verbose {
      for (index, bracket) in brackets.enumerated() {
        print(
          String(
            format: "%5d  [%.7f, %.7f]  %4d unstable  %2d classes  %6d LPs  %5d cuts  %8.1f ms  %@",
            first + index, bracket.lower.margin, bracket.upper, bracket.unstable, bracket.solvedClasses, bracket.nodes,
            bracket.profile.cuts, bracket.seconds * 1e3, bracket.openReason?.rawValue ?? "exact"))
      }
    }
    func line(_ name: String, _ values: [Double], _ format: String) {
      let sorted = values.sorted()
      let numbers = [sorted[sorted.count / 2], values.reduce(0, +) / Double(values.count), sorted[sorted.count - 1]]
      print(
        name.padding(toLength: 24, withPad: " ", startingAt: 0)
          + numbers.map { String(format: format, $0) }.joined(separator: "  "))
    }
    let closed = brackets.count { $0.openReason == nil }
    print("\(net), ε \(epsilon): \(closed) of \(brackets.count) closed, \(String(format: "%.1f", elapsed)) s in all")
    print("                            median        mean         max")
    line("ms", brackets.map { $0.seconds * 1e3 }, "%10.2f")
    line("  attack", brackets.map { $0.profile.attack * 1e3 }, "%10.2f")
    line("  bounds", brackets.map { $0.profile.bounds * 1e3 }, "%10.2f")
    line("  search", brackets.map { $0.profile.search * 1e3 }, "%10.2f")
    line("    bounds and folding", brackets.map { $0.profile.folding * 1e3 }, "%10.2f")
    line("  CBC", brackets.map { $0.profile.milp * 1e3 }, "%10.2f")
    line("unstable units", brackets.map { Double($0.unstable) }, "%10.1f")
    line("classes searched", brackets.map { Double($0.solvedClasses) }, "%10.1f")
    line("linear programs", brackets.map { Double($0.nodes) }, "%10.1f")
    line("simplex iterations", brackets.map { Double($0.profile.iterations) }, "%10.1f")
    line("parts", brackets.map { Double($0.profile.parts) }, "%10.1f")
    line("cuts", brackets.map { Double($0.profile.cuts) }, "%10.1f")
    guard solver == .both else { return }
    let (opinions, missing) = brackets.reduce((0, 0)) {
      ($0.0 + $1.profile.opinions, $0.1 + $1.profile.missingOpinions)
    }
    print("CBC agrees on \(opinions) classes, and has no opinion on \(missing)")
  }
}

extension ExactEngine: ExpressibleByArgument {}
