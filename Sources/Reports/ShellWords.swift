import Foundation

/// Words of a command line as a shell takes them.
enum ShellWords {
  private static let harmless = Set(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:=,+@%".utf8)

  /// The words with spaces between, each in single quotes if it holds anything that a shell could act on.
  static func text(_ words: [String]) -> String {
    words.map { word in
      let plain = word.utf8.allSatisfy { harmless.contains($0) }
      return plain && !word.isEmpty ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }.joined(separator: " ")
  }
}
