import ArgumentParser
import Datasets
import Foundation
import Networks
import ONNXFormat
import Studies
import Tensors
import Verification

extension ExactEngine: ExpressibleByArgument {}

extension Shard: ExpressibleByArgument {
  public init?(argument: String) { self.init(parsing: argument) }
}

/// A radius: a number or a fraction, `0.1` or `2/255`.
struct Epsilon: ExpressibleByArgument {
  let value: Double

  init(_ value: Double) { self.value = value }

  /// What the help shows.
  var defaultValueDescription: String { "\(value)" }

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) }
    switch (parts.count, parts.first ?? nil, parts.last ?? nil) {
    case (1, let number?, _): value = number
    case (2, let top?, let bottom?) where bottom != 0: value = top / bottom
    default: return nil
    }
  }

  /// The radius, if it is one.
  func validated() throws -> Double {
    guard value >= 0, value.isFinite else {
      throw Failure(
        status: .badInput, message: "--epsilon must be a finite number that is not negative, not \(value)")
    }
    return value
  }
}

/// Which images a verb works on.
struct DataOptions: ParsableArguments {
  @Option(help: "The data set: \(DatasetName.list).")
  var dataset = DatasetName.syntheticDigits

  @Option(
    help: """
      The folder with the data set's files, or a .npz file: the idx files of mnist, the .bin files of cifar10, \
      images.npy and labels.npy, a folder of .png files for each class.
      """)
  var data: String?

  @Option(
    parsing: .unconditional,
    help: "The valid range of images of float32 or float64, such as -1...1; 0...1 by default. Bytes are b/255.")
  var range: ValidRange?

  @Option(
    parsing: .unconditional,
    help: "Which test samples: 0..<100, 0...99, 17, or several with commas; the first 100 by default.")
  var samples: String?

  @Option(help: "Which part of these samples, such as 3/16; `worstcase merge` joins the stores of all parts.")
  var shard: Shard?

  /// How many samples are taken, if there are so many, where the user names none.
  private static let usualSamples = 100

  /// The test images of the data set.
  func images() throws -> LabelledImages {
    // What is wrong with the range itself is said before seconds go into the images.
    if let samples { _ = try parsed(samples) { text throws(SampleRangeError) in try SampleRange(parsing: text) } }
    return try images(.test, count: 10_000)
  }

  /// The images of a split; `count` is how many synthetic ones to make.
  func images(_ split: DatasetSplit, count: Int) throws -> LabelledImages {
    try dataset.images(split, in: data, range: range, count: count)
  }

  /// The positions that `--samples` names, or the first ones; of these the shard's.
  func indices(in images: LabelledImages) throws -> [Int] {
    let all = try named(in: images)
    guard let shard else { return all }
    let own = shard.select(all)
    guard !own.isEmpty else {
      throw Failure(
        status: .badInput, message: "--shard: there are \(all.count) samples, and none is left for \(shard)")
    }
    return own
  }

  private func named(in images: LabelledImages) throws -> [Int] {
    guard let samples else { return Array(0..<min(Self.usualSamples, images.count)) }
    return try parsed(samples) { text throws(SampleRangeError) in
      try SampleRange(parsing: text).resolve(count: images.count)
    }
  }

  private func parsed<Value>(
    _ samples: String, _ reading: (String) throws(SampleRangeError) -> Value
  ) throws -> Value {
    do {
      return try reading(samples)
    } catch {
      throw Failure(status: .badInput, message: "--samples: \(error)")
    }
  }
}

/// How much of the machine is used.
struct MachineOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      Samples in flight at the same time; by default as many as there are cores, up to 16. Results do not depend on it.
      """)
  var threads: Int?

  @Option(help: "OpenBLAS kernel set: auto, or a name such as Haswell.")
  var blasCore = "auto"

  /// Checks the options and makes BLAS ready; returns the workers and the name of BLAS's kernels.
  func prepare() throws -> (workers: Workers, kernels: String) {
    let threads = threads ?? min(16, ProcessInfo.processInfo.activeProcessorCount)
    guard (1...1024).contains(threads) else {
      throw Failure(status: .badInput, message: "--threads must lie in 1...1024, not \(threads)")
    }
    let kernels = BLASKernels.select(blasCore)
    guard blasCore == "auto" || kernels.lowercased() == blasCore.lowercased() else {
      throw Failure(
        status: .badInput,
        message: "--blas-core: OpenBLAS has no kernels \(blasCore) for this machine; it would use \(kernels)")
    }
    return (Workers(count: threads), kernels)
  }
}

/// How many threads, and the limits of one sample's exact value.
struct WorkOptions: ParsableArguments {
  @OptionGroup var machine: MachineOptions

  @Option(
    parsing: .unconditional,
    help: "Seconds for one sample's exact value; what was reached by then is reported as a bracket.")
  var timeout = 200.0

  @Option(
    help: """
      What searches: bab (branch-and-bound), milp (CBC for a better input first, then branch-and-bound), or both (each \
      on its own, an error where they disagree). Bounds are proved by branch-and-bound in any case.
      """)
  var solver = ExactEngine.bab

  @Option(parsing: .unconditional, help: "Seed of all random numbers.")
  var seed: UInt64 = 1

  /// Checks the options and makes BLAS ready; returns the workers and the name of BLAS's kernels.
  func prepare() throws -> (workers: Workers, kernels: String) {
    guard timeout > 0, timeout.isFinite else {
      throw Failure(status: .badInput, message: "--timeout must be a positive number of seconds, not \(timeout)")
    }
    return try machine.prepare()
  }
}

/// How a model is read.
struct ModelOptions: ParsableArguments {
  @Flag(help: "Leave out a softmax at the very end, and analyse the logits: they have the same order.")
  var stripSoftmax = false

  /// Reads a model, with a digest of all that it is made of.
  func load(_ path: String) throws -> (model: ONNXModel, digest: String, bytes: Int) {
    try Failure.onBadInput {
      let model = try ONNXModel(contentsOf: path, options: ImportOptions(stripsFinalSoftmax: stripSoftmax))
      // With its softmax, the file is another network.
      let files = ([path] + model.weightFiles).map { URL(fileURLWithPath: $0) }
      let (digest, bytes) = try Digest.sha256(ofFiles: files, mark: stripSoftmax ? "--strip-softmax" : "")
      return (model, digest, bytes)
    }
  }

  /// The network in a file, or the built-in one where no file is named, with what is said about its origin.
  func loadOrBuiltIn(_ path: String?) throws -> (network: Network, source: StudyIdentity.Source, bytes: Int) {
    if let path {
      let (loaded, digest, bytes) = try load(path)
      return (loaded.network, StudyIdentity.Source(name: path, digest: digest), bytes)
    }
    let data = BuiltInModel.data
    let loaded = try Failure.onFault { try ONNXModel(data: data, path: BuiltInModel.name) }
    return (loaded.network, StudyIdentity.Source(name: BuiltInModel.name, digest: Digest.sha256(of: data)), data.count)
  }
}

/// A network that a verb works on.
enum ModelFile {
  /// Refuses images that do not fit a network.
  static func requireFit(_ images: LabelledImages, to network: Network) throws {
    try Failure.onBadInput { try StudyRunner.requireFit(images, to: network) }
  }
}
