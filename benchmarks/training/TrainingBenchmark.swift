import ArgumentParser
import Foundation
import Tensors

@testable import Training

/// How many samples a second whole optimiser steps take in.
@main struct TrainingBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Samples a second of whole optimiser steps: forward, backward, Adam.",
    discussion: """
      Random weights and images from a seed, 28x28 grey images, 10 classes. One thread is measured in processor time, \
      several in wall time, each by the best of many steps. Operations are those of direct products: where an \
      algorithm has fewer, a share of the peak may be above one. The last columns compare with torch.
      """)

  @Option(parsing: .upToNextOption, help: "cnn3, cnn5, cnn7.") var networks = TrainedShape.allCases
  @Option(
    parsing: .upToNextOption, help: "\(StepMethod.allCases.map(\.rawValue).joined(separator: ", ")).") var methods =
    StepMethod.allCases
  @Option(parsing: .upToNextOption, help: "Numbers of threads.") var threads = [1, 2]
  @Option(help: "Images of a step; left out, 256, and 64 for cnn7.") var batch: Int?
  @Option(help: "Seconds for each row.") var seconds = 6.0
  @Option(help: "Which weights and images.") var seed: UInt64 = 1
  @Option(help: "A set of OpenBLAS kernels, such as Haswell.") var kernels = "auto"
  @Flag(help: "One JSON object a line instead of a table.") var json = false

  func validate() throws {
    guard seconds > 0, batch ?? 1 > 0, threads.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("--seconds, --batch and --threads must be positive")
    }
  }

  func run() throws {
    FreedMemory.keep()
    let kernels = BLASKernels.select(kernels)
    let peak = Meters.matrixProductPeak(.single)
    if !json {
      print("BLAS kernels \(kernels); a thread's matrix products reach \(format(peak / 1e9, 1)) GFLOP/s")
      print("| network | method | batch | threads | samples/s | GFLOP/s | of peak | MiB | torch | ratio |")
      print("|---|---|---|---|---|---|---|---|---|---|")
    }
    for network in networks {
      for method in methods {
        for threads in threads { try row(network, method, threads: threads, kernels: kernels, peak: peak) }
      }
    }
  }

  /// One combination and what came of it.
  private struct Row: Encodable {
    let network, method, blasKernels: String
    let batch, threads: Int
    /// Of processor time on one thread, of wall time on several; the best and the middle one of the steps.
    let samplesPerSecond, medianSamplesPerSecond: Double
    let operationsPerSecond, shareOfPeak: Double?
    /// The most resident memory, in MiB.
    let peakMemory: Double?
    let peerSamplesPerSecond, ratio: Double?
  }

  private func row(
    _ network: TrainedShape, _ method: StepMethod, threads: Int, kernels: String, peak: Double
  ) throws {
    let step = try TrainingStep(network, method, batch: batch ?? network.batch, threads: threads, seed: seed)
    Meters.resetPeakMemory()
    step.run()
    var times: [Double] = []
    let end = Meters.wallSeconds + seconds
    repeat {
      let start = threads == 1 ? Meters.cpuSeconds : Meters.wallSeconds
      step.run()
      times.append((threads == 1 ? Meters.cpuSeconds : Meters.wallSeconds) - start)
    } while Meters.wallSeconds < end
    times.sort()
    let rate = Double(step.batch) / times[0]
    let operations = method.operations(step.stack).map { rate * $0 }
    let peer = Peer.torch(network, method)?.samplesPerSecond(threads: threads)
    let row = Row(
      network: network.rawValue, method: method.rawValue, blasKernels: kernels, batch: step.batch, threads: threads,
      samplesPerSecond: rate, medianSamplesPerSecond: Double(step.batch) / times[times.count / 2],
      operationsPerSecond: operations, shareOfPeak: operations.map { $0 / peak / Double(threads) },
      peakMemory: Meters.peakMemory, peerSamplesPerSecond: peer, ratio: peer.map { rate / $0 })
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      print(String(decoding: try encoder.encode(row), as: UTF8.self))
    } else {
      let speed = row.operationsPerSecond.map { format($0 / 1e9, 1) } ?? "-"
      let share = row.shareOfPeak.map { format($0 * 100, 0) + " %" } ?? "-"
      let memory = row.peakMemory.map { format($0, 0) } ?? "-"
      let comparison = [peer.map { format($0, 0) } ?? "-", row.ratio.map { format($0, 2) } ?? "-"]
      let cells =
        [row.network, row.method, "\(row.batch)", "\(threads)", format(rate, 0), speed, share, memory]
        + comparison
      print("| " + cells.joined(separator: " | ") + " |")
    }
    fflush(nil)
  }

  private func format(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
