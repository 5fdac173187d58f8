import Bounds
import Foundation
import Networks
import Tensors
import TestSupport

/// Where the time of one method on one network went.
struct Measurement: Encodable {
  let network, method, precision, blasKernels: String
  let threads: Int
  let accountsForRounding: Bool
  /// How many images share their products.
  let batch: Int
  /// Different images, and their mean number of ReLUs that interval propagation leaves unstable.
  let samples: Int
  let unstable: Double
  /// Milliseconds of processor and of wall time for one image, the best of three blocks each.
  let cpuMilliseconds, wallMilliseconds: Double
  let samplesPerSecond: Double
  /// Operations of the matrix products for one image, and those in a second of processor time as a share of the best
  /// that matrix products reach.
  let operations, shareOfPeak: Double
  /// The most resident memory, in MiB.
  let peakMemory: Double?
  /// The other tool's milliseconds, and how many times as long it takes.
  let peerMilliseconds, peerRatio: Double?
}

/// One combination to measure.
struct Workload {
  let kind: BenchmarkNetwork
  let network: Network
  let method: BoundMethod
  let questions: [(region: Region, label: Int)]
  let precision: Precision
  /// How many images share their products, where the method can.
  let batch: Int
  let accountsForRounding: Bool

  private func rows(_ label: Int) -> LinearRows {
    let outputs = network.outputCount
    return .margins(of: (0..<outputs).filter { $0 != label }, label: label, outputs: outputs)
  }

  private func intervals(_ question: Int) -> RegionBounds {
    RegionBounds(of: network, over: questions[question].region.outer)
  }

  /// How many images are bounded in one call.
  private var together: Int { method.usesRefinedRanges ? 1 : batch }

  /// What is measured: all of it, from the boxes to the bounds of the margins.
  private func run(_ block: Range<Int>) {
    let block = block.map { questions[$0 % questions.count] }
    _ = method.upperBounds(
      of: block.map { rows($0.label) }, of: network, over: block.map { $0.region.outer }, precision: precision,
      accountsForRounding: accountsForRounding)
  }

  private func operations(_ question: Int, refining: Bool) -> Double {
    let interval = intervals(question)
    var refined = interval
    if refining { refined.refine() }
    return OperationCount(network: network).operations(
      of: method, rows: network.outputCount - 1, interval: interval, refined: refined)
  }

  /// The operations of the first image before it is tried: at most so many.
  var estimatedOperations: Double { operations(0, refining: false) }

  /// Measures for about so many seconds, after one image to warm up.
  func measure(threads: Int, seconds: Double, kernels: String, peak: Double) -> Measurement {
    let together = together
    var start = Meters.wallSeconds
    run(0..<together)
    // What takes seconds needs no second run to be estimated.
    if Meters.wallSeconds - start < seconds / 3 {
      start = Meters.wallSeconds
      run(0..<together)
    }
    let first = (Meters.wallSeconds - start) / Double(together)
    // Few images where each takes long, but a block for each thread.
    let blocks = max(1, Int(seconds / 3 / first / Double(together))) * threads
    let count = blocks * together
    Meters.resetPeakMemory()
    var cpu = Double.infinity
    var wall = Double.infinity
    for _ in 0..<3 {
      start = Meters.wallSeconds
      let cpuStart = Meters.cpuSeconds
      Workers(count: threads).forEach(0..<blocks) { run($0 * together..<($0 + 1) * together) }
      cpu = min(cpu, (Meters.cpuSeconds - cpuStart) / Double(count))
      wall = min(wall, (Meters.wallSeconds - start) / Double(count))
      // One block of what takes minutes is enough.
      if wall * Double(count) > seconds { break }
    }
    let samples = min(count, questions.count)
    let memory = Meters.peakMemory
    let operations =
      (0..<samples).map { self.operations($0, refining: method.usesRefinedRanges) }.reduce(0, +) / Double(samples)
    let unstable = (0..<samples).map { Double(intervals($0).unstableCount) }.reduce(0, +) / Double(samples)
    let peer = Peer.autoLiRPA(kind, method)?.milliseconds(threads: threads)
    return Measurement(
      network: kind.rawValue, method: method.rawValue, precision: precision.rawValue, blasKernels: kernels,
      threads: threads, accountsForRounding: accountsForRounding, batch: together, samples: samples, unstable: unstable,
      cpuMilliseconds: cpu * 1000, wallMilliseconds: wall * 1000, samplesPerSecond: 1 / wall, operations: operations,
      shareOfPeak: operations / cpu / peak, peakMemory: memory, peerMilliseconds: peer,
      peerRatio: peer.map { $0 / ((threads == 1 ? cpu : wall) * 1000) })
  }
}
