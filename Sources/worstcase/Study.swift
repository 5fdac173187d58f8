import ArgumentParser

/// Studies: running them, and looking at what they stored.
struct Study: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "How far cheap worst-case estimates are from the exact value, over a data set.",
    usage: """
      worstcase study [<models> ...] [<options>]
      worstcase study <subcommand>
      """,
    discussion: """
      `worstcase study` alone, or followed by networks and options, runs a study; `worstcase study run --help` lists the
      options. `worstcase report` draws what is stored.

      Examples:
        worstcase study
        worstcase study net.onnx --dataset mnist --data mnist --samples '0..<40' --epsilon 0.1
        worstcase study show study/digits-cnn3-ibp.sqlite
        worstcase study export study/digits-cnn3-ibp.sqlite --format long --output estimates.csv
      """,
    subcommands: [StudyRun.self, StudyShow.self, StudyDiff.self, StudyExport.self], defaultSubcommand: StudyRun.self)
}
