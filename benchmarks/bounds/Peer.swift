import Bounds

/// What auto_LiRPA 0.7.1 on torch 2.8 took on a machine of the same kind: milliseconds a sample, in single precision,
/// batch 64 (α-CROWN: batch 4, CROWN on CNN7: batch 1).
///
/// - Source: `reference/peers.md` among the shared data.
struct Peer {
  /// Processor time on one thread, and wall time on two.
  let oneThreadCPU, twoThreadsWall: Double

  static func autoLiRPA(_ network: BenchmarkNetwork, _ method: BoundMethod) -> Peer? {
    switch (network, method) {
    case (.cnn3, .ibp): Peer(oneThreadCPU: 0.137, twoThreadsWall: 0.09)
    case (.cnn3, .crownIBP): Peer(oneThreadCPU: 0.91, twoThreadsWall: 0.50)
    case (.cnn3, .crown): Peer(oneThreadCPU: 27.1, twoThreadsWall: 17.4)
    case (.cnn3, .alphaCROWN): Peer(oneThreadCPU: 961, twoThreadsWall: 517)
    case (.cnn7, .ibp): Peer(oneThreadCPU: 5.8, twoThreadsWall: 4.6)
    case (.cnn7, .crownIBP): Peer(oneThreadCPU: 47, twoThreadsWall: 35)
    case (.cnn7, .crown): Peer(oneThreadCPU: 66000, twoThreadsWall: 43000)
    default: nil
    }
  }

  /// The figure to compare with: none for other numbers of threads.
  func milliseconds(threads: Int) -> Double? {
    switch threads {
    case 1: oneThreadCPU
    case 2: twoThreadsWall
    default: nil
    }
  }
}
