/// Samples a second that torch 2.8 trained on a machine of another kind, with AVX-512: processor time on one thread, wall
/// time on two.
///
/// - Source: `reference/peers.md` among the shared data.
struct Peer {
  let oneThread: Double
  let twoThreads: Double?

  static func torch(_ shape: TrainedShape, _ method: StepMethod) -> Peer? {
    switch (shape, method) {
    case (.cnn3, .standard): Peer(oneThread: 14_000, twoThreads: 20_700)
    case (.cnn3, .pgd): Peer(oneThread: 1090, twoThreads: nil)
    case (.cnn3, .ibp): Peer(oneThread: 5560, twoThreads: 7040)
    case (.cnn7, .standard): Peer(oneThread: 145, twoThreads: 216)
    case (.cnn7, .pgd): Peer(oneThread: 24, twoThreads: 33)
    case (.cnn7, .ibp): Peer(oneThread: 56, twoThreads: 68)
    default: nil
    }
  }

  /// The figure to compare with: none for other numbers of threads.
  func samplesPerSecond(threads: Int) -> Double? {
    switch threads {
    case 1: oneThread
    case 2: twoThreads
    default: nil
    }
  }
}
