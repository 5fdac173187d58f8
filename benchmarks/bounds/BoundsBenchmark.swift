import ArgumentParser

/// How fast bounds are, and in which order they stand.
@main struct BoundsBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "BoundsBenchmark", abstract: "How fast bounds are, and in which order they stand.",
    subcommands: [Throughput.self, Order.self])
}
