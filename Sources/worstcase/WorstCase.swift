import ArgumentParser
import Foundation
import MathematicalPrograms
import Tensors
import Training

/// The command line: verbs over the libraries, no logic of its own.
@main struct WorstCase: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "worstcase",
    abstract: "How bad can a neural network's loss get inside an input region?",
    discussion: """
      The answer is a bracket: a concrete input that attains its lower end, and an upper end that no input of the
      region exceeds, whatever the rounding.

      Examples:
        worstcase study                                     the built-in study, from nothing to a figure
        worstcase inspect models/digits-cnn3-ibp.onnx       what a network consists of
        worstcase exact net.onnx --dataset mnist --data mnist --samples '0..<10' --epsilon 0.1

      Exit status: 0 answered, 1 not answered within the limits, 2 bad input, 3 internal fault.
      """,
    version: version,
    subcommands: [
      Inspect.self, Export.self, Run.self, BoundsVerb.self, Exact.self, Verify.self, Certify.self, Study.self,
      Report.self, Merge.self, Train.self, DataVerb.self,
    ])

  static func main() {
    CBCProcesses.becomeHost()
    FreedMemory.keep()
    Output.openStandardStreams()
    Interruption.watch()
    do {
      try refuseUnknownVerb(CommandLine.arguments.dropFirst().first)
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      Output.note("worstcase: " + oneLine(failure.message))
      Foundation.exit(failure.status.rawValue)
    } catch {
      // The parser's own exits: help and version succeed, anything else is what the user typed.
      let code = exitCode(for: error)
      let text = fullMessage(for: error)
      if code == .success {
        Output.line(text)
        Foundation.exit(Status.answered.rawValue)
      }
      // One line: what is wrong, and the parser's last words, which say how to get help.
      let remedy = text.split(separator: "\n").last { $0.hasPrefix("  See ") }
      Output.note("worstcase: " + oneLine(message(for: error)) + (remedy.map { "; s" + $0.dropFirst(3) } ?? ""))
      Foundation.exit(code == .validationFailure ? Status.badInput.rawValue : Status.fault.rawValue)
    }
  }

  /// Names the verb that was probably meant: the parser would speak of arguments that it did not expect.
  private static func refuseUnknownVerb(_ word: String?) throws {
    let verbs = configuration.subcommands.map { $0._commandName } + ["help"]
    guard let word, !word.hasPrefix("-"), !verbs.contains(word) else { return }
    throw Failure(
      status: .badInput,
      message: "there is no verb '\(word)'; did you mean \(nearest(to: word, in: verbs))? see 'worstcase --help'"
    )
  }

  /// A message on one line, for logs and for programs that read the standard error.
  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
  }
}
