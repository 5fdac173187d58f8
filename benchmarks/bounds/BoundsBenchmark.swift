import ArgumentParser
import Tensors

/// How fast bounds are, in which order they stand, and how tight.
@main struct BoundsBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "BoundsBenchmark", abstract: "How fast bounds are, in which order they stand, and how tight.",
    subcommands: [Throughput.self, Order.self, Reference.self])

  static func main() {
    FreedMemory.keep()
    main(nil)
  }
}
