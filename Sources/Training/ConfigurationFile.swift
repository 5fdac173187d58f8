import Foundation
import Yams

/// Why a training configuration cannot be used.
public enum ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file cannot be read at all.
  case unreadable(path: String, reason: String)
  /// The text is no YAML, or no mapping of keys to values.
  case malformed(line: Int?, reason: String)
  /// A key that means nothing.
  case unknownKey(String, line: Int?, nearest: String)
  /// A value of the wrong kind.
  case badValue(key: String, line: Int?, expected: String)
  /// A value of the right kind that makes no sense.
  case outOfRange(key: String, value: String, reason: String)
  /// There is no preset of this name.
  case unknownPreset(String, nearest: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .malformed(let line, let reason): "\(Self.place(line))\(reason)"
    case .unknownKey(let key, let line, let nearest):
      "\(Self.place(line))there is no setting \(key); did you mean \(nearest)?"
    case .badValue(let key, let line, let expected): "\(Self.place(line))\(key): \(expected)"
    case .outOfRange(let key, let value, let reason): "\(key) \(value): \(reason)"
    case .unknownPreset(let name, let nearest):
      "there is no preset \(name); did you mean \(nearest)? `worstcase train --list-presets` names all"
    }
  }

  private static func place(_ line: Int?) -> String { line.map { "line \($0): " } ?? "" }

  /// The same of a text that the user knows no lines of.
  fileprivate var withoutLine: ConfigurationError {
    switch self {
    case .malformed(_, let reason): .malformed(line: nil, reason: reason)
    case .unknownKey(let key, _, let nearest): .unknownKey(key, line: nil, nearest: nearest)
    case .badValue(let key, _, let expected): .badValue(key: key, line: nil, expected: expected)
    case .unreadable, .outOfRange, .unknownPreset: self
    }
  }
}

extension Node {
  /// What YAML would take for something else than was meant: a value that is missing, and numbers in base 8 or 60.
  fileprivate var fault: String? {
    switch self {
    case .scalar(let scalar) where scalar.style == .plain:
      if ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return "has no value" }
      let other = /[-+]?(0[0-9_]+|0[xob][0-9a-fA-F_]+|[0-9][0-9_]*(:[0-5]?[0-9])+)/
      guard scalar.string.wholeMatch(of: other) != nil else { return nil }
      return "\(scalar.string) would be read as another number; write it in decimal digits"
    case .sequence(let sequence): return sequence.lazy.compactMap(\.fault).first
    case .mapping(let mapping): return mapping.values.lazy.compactMap(\.fault).first
    case .scalar, .alias: return nil
    }
  }
}

extension TrainingConfiguration {
  /// Reads and validates a configuration file.
  ///
  /// - Throws: ``ConfigurationError``.
  public init(file: URL) throws(ConfigurationError) {
    let text: String
    do {
      text = try String(contentsOf: file, encoding: .utf8)
    } catch {
      throw .unreadable(path: file.path, reason: "cannot be read as text: \(error.localizedDescription)")
    }
    try self.init(yaml: text)
  }

  /// Reads and validates a configuration in YAML: a mapping of keys to values, of which `preset` may name a
  /// configuration that the others modify.
  ///
  /// - Throws: ``ConfigurationError``; an unknown key is refused with the nearest known one.
  public init(yaml: String) throws(ConfigurationError) {
    self = try Self.read(yaml, Overlay.self, besides: ["preset"]).configuration
    try validate()
  }

  /// The configuration with some settings replaced, such as `epsilon=0.1`; values are written as in a file.
  ///
  /// - Throws: ``ConfigurationError``; an unknown key is refused with the nearest known one.
  public func setting(_ assignments: [String]) throws(ConfigurationError) -> TrainingConfiguration {
    var yaml = ""
    var keys: Set<Substring> = []
    for assignment in assignments {
      guard let mark = assignment.firstIndex(of: "="), mark > assignment.startIndex else {
        throw .malformed(line: nil, reason: "\(assignment) is no setting; write it as key=value")
      }
      guard !assignment.contains("\n") else {
        throw .malformed(line: nil, reason: "the setting \(assignment.prefix(20)) has several lines")
      }
      guard keys.insert(assignment[..<mark]).inserted else {
        throw .malformed(line: nil, reason: "the setting \(assignment[..<mark]) is given twice")
      }
      yaml += "\(assignment[..<mark]): \(assignment[assignment.index(after: mark)...])\n"
    }
    guard !yaml.isEmpty else { return self }
    let base = Changes.base.map { [$0: self] } ?? [:]
    let changed: Changes
    do {
      changed = try Self.read(yaml, Changes.self, besides: [], userInfo: base)
    } catch {
      // Settings stand on no lines.
      throw error.withoutLine
    }
    try changed.configuration.validate()
    return changed.configuration
  }

  /// Decodes a mapping whose keys are all known.
  private static func read<Value: Decodable>(
    _ yaml: String, _ type: Value.Type, besides others: [String], userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) throws(ConfigurationError) -> Value {
    let entries = try entries(of: yaml)
    let known = CodingKeys.allCases.map(\.rawValue) + others
    for (key, line, value) in entries {
      guard known.contains(key) else { throw .unknownKey(key, line: line, nearest: nearest(to: key, in: known)) }
      if let fault = value.fault { throw .badValue(key: key, line: line, expected: fault) }
    }
    func line(of key: String) -> Int? { entries.first { $0.key == key }?.line }
    do {
      return try YAMLDecoder().decode(type, from: yaml, userInfo: userInfo)
    } catch let error as ConfigurationError {
      throw error
    } catch DecodingError.typeMismatch(let type, let context) where type is any Numeric.Type || type == Bool.self {
      let key = context.codingPath.first?.stringValue ?? ""
      let wanted =
        switch type {
        case is Bool.Type: "expected true or false"
        case is any UnsignedInteger.Type: "expected a whole number from 0 to \(UInt64.max)"
        case is any BinaryInteger.Type: "expected a whole number"
        default: "expected a number"
        }
      throw .badValue(key: key, line: line(of: key), expected: wanted)
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context), DecodingError.keyNotFound(_, let context)
    {
      // What is thrown while decoding may come wrapped.
      if let error = context.underlyingError as? ConfigurationError { throw error }
      let key = context.codingPath.first?.stringValue ?? ""
      throw .badValue(key: key, line: line(of: key), expected: context.debugDescription)
    } catch {
      throw .malformed(line: nil, reason: "\(error)")
    }
  }

  /// The keys of the outermost mapping with their lines, from 1, and values.
  private static func entries(
    of yaml: String
  ) throws(ConfigurationError) -> [(key: String, line: Int?, value: Node)] {
    let root: Node?
    do {
      root = try Yams.compose(yaml: yaml)
    } catch let error as YamlError {
      throw .malformed(line: nil, reason: "not valid YAML: \(error)")
    } catch {
      throw .malformed(line: nil, reason: "not valid YAML: \(error)")
    }
    guard let root else {
      throw .malformed(line: nil, reason: "the file is empty; an empty configuration is written {}")
    }
    guard let mapping = root.mapping else {
      throw .malformed(line: root.mark?.line, reason: "expected a mapping, lines of the form `key: value`")
    }
    return mapping.map { key, value in (key.string ?? "of another kind than text", key.mark?.line, value) }
  }

  /// A configuration as a file has it: changes to a preset, or to the default.
  private struct Overlay: Decodable {
    let configuration: TrainingConfiguration

    enum Keys: String, CodingKey { case preset }

    init(from decoder: any Decoder) throws {
      let preset = try decoder.container(keyedBy: Keys.self).decodeIfPresent(String.self, forKey: .preset)
      let base = try preset.map { try TrainingConfiguration.preset($0) } ?? TrainingConfiguration()
      configuration = try TrainingConfiguration(from: decoder, over: base)
    }
  }

  /// Changes to a configuration that the decoder is handed.
  private struct Changes: Decodable {
    static let base = CodingUserInfoKey(rawValue: "base")
    let configuration: TrainingConfiguration

    init(from decoder: any Decoder) throws {
      let base = Self.base.flatMap { decoder.userInfo[$0] as? TrainingConfiguration } ?? TrainingConfiguration()
      configuration = try TrainingConfiguration(from: decoder, over: base)
    }
  }
}
