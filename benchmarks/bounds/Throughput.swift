import ArgumentParser
import Bounds
import Foundation
import Networks
import Tensors

extension Precision: ExpressibleByArgument {}

/// Milliseconds a sample, for each network, method and number of threads.
struct Throughput: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures how long bounds take on the usual networks of certified training.",
    discussion: """
      Random weights and images from a seed, 28x28 grey images, 10 classes, so 9 margins each. Processor and wall time \
      are the best of three blocks. The last columns compare with auto_LiRPA on one thread (processor time) and on two \
      (wall time).
      """)

  @Option(parsing: .upToNextOption, help: "cnn3, cnn5, cnn7.") var networks = BenchmarkNetwork.allCases
  @Option(
    parsing: .upToNextOption,
    help: "Which methods, by name: \(BoundMethod.allCases.map(\.rawValue).joined(separator: ", ")).",
    transform: method) var methods = BoundMethod.allCases
  @Option(parsing: .upToNextOption, help: "Precisions of matrix products: double, single.")
  var precisions: [Precision] = [.double, .single]
  @Option(help: "Images that share their products, for methods that can.") var batch = 8
  @Option(help: "Different images for each measurement.") var samples = 8
  @Option(parsing: .upToNextOption, help: "Numbers of threads.") var threads = [1, 2]
  @Option(help: "Seconds for each measurement.") var seconds = 6.0
  @Option(help: "Leave out what may take longer than so many seconds a sample at the machine's best.")
  var limit = 60.0
  @Option(help: "The radius of the ball around an image.") var epsilon = 0.1
  @Option(help: "Which weights and images.") var seed: UInt64 = 1
  @Option(help: "A set of OpenBLAS kernels, such as Haswell.") var kernels = "auto"
  @Flag(help: "Leave out the backward passes' account of rounding, to see what it costs. The bounds are then none.")
  var ignoreRounding = false
  @Flag(help: "One JSON object a line instead of a table.") var json = false

  func validate() throws {
    guard samples > 0, batch > 0, seconds > 0, epsilon >= 0, threads.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("--samples, --batch, --seconds and --threads must be positive, --epsilon not negative")
    }
  }

  func run() throws {
    let kernels = BLASKernels.select(kernels)
    let peaks = Dictionary(uniqueKeysWithValues: precisions.map { ($0, Meters.matrixProductPeak($0)) })
    if !json {
      let reached = precisions.map { "\(format((peaks[$0] ?? 0) / 1e9, 1)) in \($0.rawValue) precision" }
      print("BLAS kernels \(kernels); a thread's matrix products reach GFLOP/s: \(reached.joined(separator: ", "))")
      print(Self.row(Self.heads))
    }
    let questions = try (0..<samples).map { try BenchmarkNetwork.question(seed: seed, index: $0, epsilon: epsilon) }
    for kind in networks {
      let network = try kind.network(seed: seed)
      for method in methods {
        for precision in precisions {
          let workload = Workload(
            kind: kind, network: network, method: method, questions: questions, precision: precision, batch: batch,
            accountsForRounding: !ignoreRounding)
          for threads in threads {
            try measure(workload, threads: threads, kernels: kernels, peak: peaks[precision] ?? .nan)
          }
        }
      }
    }
  }

  private func measure(_ workload: Workload, threads: Int, kernels: String, peak: Double) throws {
    let least = workload.estimatedOperations / peak
    guard least <= limit else {
      // In a table for people; a program sees that the line is missing.
      if !json {
        let cells = [workload.kind.rawValue, workload.method.rawValue, workload.precision.rawValue, "\(threads)"]
        print(Self.row(cells) + "left out: up to \(format(least, 0)) s a sample")
      }
      return
    }
    let result = workload.measure(threads: threads, seconds: seconds, kernels: kernels, peak: peak)
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      print(String(decoding: try encoder.encode(result), as: UTF8.self))
    } else {
      print(Self.row(cells(result)))
    }
    fflush(nil)
  }

  private static let heads = [
    "network", "method", "precision", "threads", "unstable", "CPU ms", "wall ms", "samples/s", "GFLOP", "% of peak",
    "MiB",
    "auto_LiRPA", "ratio",
  ]

  private func cells(_ result: Measurement) -> [String] {
    [
      result.network, result.method, result.precision, "\(result.threads)", format(result.unstable, 0),
      format(result.cpuMilliseconds, 3), format(result.wallMilliseconds, 3), format(result.samplesPerSecond, 2),
      format(result.operations / 1e9, 4),
      format(result.shareOfPeak * 100, 1), result.peakMemory.map { format($0, 0) } ?? "-",
      result.peerMilliseconds.map { "\($0)" } ?? "-", result.peerRatio.map { format($0, 2) } ?? "-",
    ]
  }

  private static func row(_ cells: [String]) -> String {
    zip(cells, [8, 11, 10, 8, 9, 11, 11, 10, 11, 10, 6, 11, 7]).map { cell, width in
      cell.padding(toLength: max(width, cell.count + 1), withPad: " ", startingAt: 0)
    }.joined()
  }

  private func format(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

  private static func method(_ name: String) throws -> BoundMethod {
    guard let method = BoundMethod.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else {
      throw ValidationError("no method is called \(name)")
    }
    return method
  }
}
