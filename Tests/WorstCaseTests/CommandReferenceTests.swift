import Foundation
import Testing

/// `docs/commands.md` is made from what the parser knows of itself, and must say the same.
///
/// To make it anew: `make commands`, which runs this test with `WORSTCASE_RECORD=1`.
@Suite("Command reference")
struct CommandReferenceTests {
  static let file = Tool.package.appendingPathComponent("docs/commands.md")

  @Test("The reference is that of this tool")
  func isCurrent() throws {
    let dump = try Tool.run(["--experimental-dump-help"], in: try Scratch())
    let tool = try JSONDecoder().decode(CommandDump.self, from: Data(dump.output.utf8))
    let text = CommandReference.text(tool.command)
    if ProcessInfo.processInfo.environment["WORSTCASE_RECORD"] != nil {
      try Data(text.utf8).write(to: Self.file, options: .atomic)
    }
    let stored = try String(contentsOf: Self.file, encoding: .utf8)
    #expect(stored == text, "docs/commands.md is not of this tool; run `make commands`")
  }
}

/// What the parser tells of a command with `--experimental-dump-help`, as far as the reference needs it.
struct CommandDump: Decodable {
  struct Name: Decodable {
    var kind, name: String

    var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
  }

  struct Argument: Decodable {
    var kind: String
    var abstract, valueName, defaultValue: String?
    var isOptional, isRepeating, shouldDisplay: Bool
    var names: [Name]?
    var allValues: [String]?
  }

  struct Command: Decodable {
    var commandName: String
    var abstract, discussion: String?
    var arguments: [Argument]?
    var subcommands: [Command]?
  }

  var command: Command
}

/// The reference as Markdown.
enum CommandReference {
  static func text(_ tool: CommandDump.Command) -> String {
    var text = """
      # Commands

      Made from the tool by `make commands`; a test compares the two. `worstcase help VERB` shows the same in a terminal.

      \(tool.abstract ?? "") \(examplesApart(tool.discussion).words)


      """
    let verbs = (tool.subcommands ?? []).filter { $0.commandName != "help" }
    text += verbs.map { "- [`\($0.commandName)`](#\($0.commandName)): \(line($0.abstract))\n" }.joined()
    for verb in verbs { text += section(verb, under: "", level: 2) }
    return text
  }

  private static func section(_ command: CommandDump.Command, under parent: String, level: Int) -> String {
    let name = parent.isEmpty ? command.commandName : "\(parent) \(command.commandName)"
    let (words, examples) = examplesApart(command.discussion)
    var text = "\n\(String(repeating: "#", count: level)) \(name)\n\n\(line(command.abstract))\n"
    if !words.isEmpty { text += "\n\(words)\n" }
    if !examples.isEmpty { text += "\n" + examples.map { "    \($0)\n" }.joined() }
    let rows = (command.arguments ?? []).filter(\.shouldDisplay).compactMap(row)
    if !rows.isEmpty { text += "\n| argument | meaning | default |\n|---|---|---|\n" + rows.joined() }
    for part in command.subcommands ?? [] where part.commandName != "help" {
      text += section(part, under: name, level: level + 1)
    }
    return text
  }

  /// A row of the table; none for help and version, which every command has.
  private static func row(_ argument: CommandDump.Argument) -> String? {
    let names = argument.names ?? []
    guard !names.contains(where: { ["help", "version"].contains($0.name) }) else { return nil }
    let value = "\(argument.valueName ?? "value")\(argument.isRepeating ? " …" : "")"
    let written =
      switch argument.kind {
      case "positional": argument.isOptional ? "[\(value.uppercased())]" : value.uppercased()
      case "flag": names.map(\.text).joined(separator: ", ")
      default: names.map(\.text).joined(separator: ", ") + " " + value.uppercased()
      }
    var meaning = line(argument.abstract)
    if let values = argument.allValues, !values.allSatisfy(meaning.contains) {
      meaning += " One of " + values.map { "`\($0)`" }.joined(separator: ", ") + "."
    }
    let usual = argument.defaultValue.map { $0.isEmpty ? "" : "`\($0)`" } ?? ""
    return "| `\(written)` | \(meaning.replacingOccurrences(of: "|", with: "\\|")) | \(usual) |\n"
  }

  /// A discussion's paragraphs, each on one line, and the lines of its examples.
  private static func examplesApart(_ discussion: String?) -> (words: String, examples: [String]) {
    var paragraphs: [String] = []
    var examples: [String] = []
    for paragraph in (discussion ?? "").components(separatedBy: "\n\n") {
      let lines = paragraph.split(separator: "\n").map(String.init)
      if lines.first?.hasPrefix("Example") == true {
        examples += lines.dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
      } else {
        paragraphs.append(lines.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " "))
      }
    }
    return (paragraphs.filter { !$0.isEmpty }.joined(separator: "\n\n"), examples)
  }

  private static func line(_ text: String?) -> String {
    (text ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
