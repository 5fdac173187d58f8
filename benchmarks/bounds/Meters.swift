import Foundation
import Networks
import Tensors

/// What this process has used.
enum Meters {
  /// Seconds of processor time of all threads.
  static var cpuSeconds: Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

  /// Seconds on a clock that only runs forwards.
  static var wallSeconds: Double { seconds(CLOCK_MONOTONIC) }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// The most memory that was resident since the last reset, in MiB; nil where the system does not say.
  static var peakMemory: Double? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap({ Double($0) })
    else { return nil }
    return kibibytes / 1024
  }

  /// Starts counting the peak anew from what is resident now, where the system lets us.
  static func resetPeakMemory() {
    try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
  }

  /// The most operations that matrix products reach in a second of one thread's processor time: the best of several
  /// products of 768×768 matrices.
  static func matrixProductPeak(_ precision: Precision) -> Double {
    switch precision {
    case .single: matrixProductPeak(of: Float.self)
    case .double: matrixProductPeak(of: Double.self)
    }
  }

  private static func matrixProductPeak<Scalar: BLASScalar>(of type: Scalar.Type) -> Double {
    let n = 768
    var random = RandomStream(seed: 1, purpose: "matrix")
    let matrix = (0..<n * n).map { _ in Scalar(random.uniform(-1, 1)) }
    var product = matrix
    var best = 0.0
    for _ in 0..<10 {
      let start = cpuSeconds
      matrix.withUnsafeBufferPointer { a in
        product.withUnsafeMutableBufferPointer { c in
          guard let a = a.baseAddress, let c = c.baseAddress else { return }
          Scalar.gemm(.asStored, .asStored, m: n, n: n, k: n, alpha: 1, a, lda: n, a, ldb: n, beta: 0, c, ldc: n)
        }
      }
      best = max(best, 2 * Double(n * n * n) / (cpuSeconds - start))
    }
    return best
  }
}
