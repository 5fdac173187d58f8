import Foundation

/// The computer that a study ran on, as far as its times depend on it.
public struct Machine: Codable, Hashable, Sendable {
  /// The processor's name as the system gives it.
  public var processor: String
  /// How many cores the process may use.
  public var cores: Int
  /// The kernel set that the BLAS chose for this processor.
  public var kernels: String

  public init(processor: String, cores: Int, kernels: String) {
    self.processor = processor
    self.cores = cores
    self.kernels = kernels
  }

  /// This computer.
  ///
  /// - Parameter kernels: the kernel set that the BLAS chose, by its own name.
  public static func current(kernels: String) -> Machine {
    let description = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = description.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    return Machine(
      processor: name ?? "unknown", cores: ProcessInfo.processInfo.activeProcessorCount, kernels: kernels)
  }
}
