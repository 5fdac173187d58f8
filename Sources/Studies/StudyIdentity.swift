import Foundation

/// What a study is about and how it was run: enough to run it again, and to refuse to mix it with another.
///
/// Two runs belong to one study if they agree in tool version, settings, model, data set and ε. Where the files lie,
/// which machine ran them and when is recorded, not compared.
public struct StudyIdentity: Codable, Hashable, Sendable {
  /// A file's or data set's contents, by name and digest.
  public struct Source: Codable, Hashable, Sendable {
    /// Where it was read from (a path), or what it is called (a data set).
    public var name: String
    /// SHA-256 of the contents, in hexadecimal.
    public var digest: String

    public init(name: String, digest: String) {
      self.name = name
      self.digest = digest
    }
  }

  /// The version of the tool that began the study.
  public var toolVersion: String
  /// When it began, to the second.
  public var created: Date
  /// The command line, word by word.
  public var command: [String]
  /// Every setting that the results depend on, as one JSON object.
  public var settings: String
  /// The model's path and digest.
  public var model: Source
  /// The model file's size.
  public var modelBytes: Int
  /// The data set's name and digest.
  public var dataset: Source
  /// Half the side of the ℓ∞ ball around each sample, in units of the input.
  public var epsilon: Double
  /// The machine that began the study.
  public var machine: Machine

  public init(
    toolVersion: String, created: Date = Date(), command: [String], settings: String, model: Source, modelBytes: Int,
    dataset: Source, epsilon: Double, machine: Machine
  ) {
    self.toolVersion = toolVersion
    self.created = Date(timeIntervalSince1970: created.timeIntervalSince1970.rounded())
    self.command = command
    self.settings = settings
    self.model = model
    self.modelBytes = modelBytes
    self.dataset = dataset
    self.epsilon = epsilon
    self.machine = machine
  }

  /// The model's file name, without its folder and extension.
  public var modelName: String {
    URL(fileURLWithPath: model.name).deletingPathExtension().lastPathComponent
  }
}

extension StudyIdentity {
  /// One respect in which a stored study and a requested one are not the same.
  public struct Difference: Hashable, Sendable {
    /// What differs; for a setting, its path through the JSON object, as in `settings.attack.steps`.
    public var field: String
    /// The values on either side, as text; "nothing" where a setting is absent.
    public var stored, requested: String

    public init(field: String, stored: String, requested: String) {
      self.field = field
      self.stored = stored
      self.requested = requested
    }
  }

  /// Everything in which `requested` is not a continuation of this study, in a fixed order.
  public func differences(from requested: StudyIdentity) -> [Difference] {
    var found: [Difference] = []
    func compare(_ field: String, _ stored: String, _ requested: String) {
      if stored != requested { found.append(Difference(field: field, stored: stored, requested: requested)) }
    }
    compare("model digest", model.digest, requested.model.digest)
    compare("data set", dataset.name, requested.dataset.name)
    compare("data set digest", dataset.digest, requested.dataset.digest)
    compare("epsilon", "\(epsilon)", "\(requested.epsilon)")
    let ours = Self.leaves(of: settings)
    let theirs = Self.leaves(of: requested.settings)
    // The time limit is the samples' own; it stood here in an earlier format.
    for path in Set(ours.keys).union(theirs.keys).subtracting(["settings.exact.timeout"]).sorted() {
      compare(path, ours[path] ?? "nothing", theirs[path] ?? "nothing")
    }
    compare("tool version", toolVersion, requested.toolVersion)
    return found
  }

  /// Refuses the identity of a part, kept in some file, that is none of this question.
  ///
  /// - Throws: ``StoreError/otherQuestion(path:_:)``.
  public func requireSame(as part: StudyIdentity, of path: String) throws(StoreError) {
    let differences = differences(from: part)
    guard differences.isEmpty else { throw .otherQuestion(path: path, differences) }
  }

  /// The values of a JSON text by their paths, so that order and white space do not count as differences.
  ///
  /// A text that is not JSON is one value.
  private static func leaves(of json: String) -> [String: String] {
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)) else {
      return ["settings": json]
    }
    var leaves: [String: String] = [:]
    value.collectLeaves(at: "settings", into: &leaves)
    return leaves
  }
}

/// A JSON value of any shape, to compare settings that this target knows nothing about.
private enum JSONValue: Decodable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// Writes each scalar under its path; an empty array or object is a scalar of its own.
  func collectLeaves(at path: String, into leaves: inout [String: String]) {
    switch self {
    case .null: leaves[path] = "null"
    case .boolean(let value): leaves[path] = "\(value)"
    case .integer(let value): leaves[path] = "\(value)"
    case .number(let value): leaves[path] = "\(value)"
    case .string(let value): leaves[path] = "\"\(value)\""
    case .array(let values):
      if values.isEmpty { leaves[path] = "[]" }
      for (i, value) in values.enumerated() { value.collectLeaves(at: "\(path)[\(i)]", into: &leaves) }
    case .object(let members):
      if members.isEmpty { leaves[path] = "{}" }
      for (key, value) in members { value.collectLeaves(at: "\(path).\(key)", into: &leaves) }
    }
  }
}
