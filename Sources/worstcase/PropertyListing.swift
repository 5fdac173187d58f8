import Datasets
import Foundation
import Networks
import VNNLIB

/// What `inspect` says of a property.
struct PropertyListing: Encodable {
  /// A box of inputs, its ends as exact decimals.
  private struct Box: Encodable {
    let lower, upper: [String]
  }

  /// One case of the unsafe set: the box it is in, from 1, and its condition.
  private struct Condition: Encodable {
    let box: Int
    let rows: String
  }

  private let property, sha256: String
  private let inputs, outputs: Int
  private let boxes, cases, rows: Int
  private let shownBoxes: [Box]
  private let conditions: [Condition]
  private let notes: [String]

  /// More boxes, cases and inputs than this are counted, not shown.
  private static let shown = 20

  /// Reads a property; with a network, checks that the two belong together.
  static func property(_ path: String, for network: Network?) throws -> Property {
    let property = try Failure.onBadInput { try VNNLIBFile.read(path) }
    guard let network else { return property }
    guard property.inputCount == network.inputCount, property.outputCount == network.outputCount else {
      throw Failure(
        status: .badInput,
        message: """
          \(path) is about \(property.inputCount) inputs and \(property.outputCount) outputs; the network has \
          \(network.inputCount) and \(network.outputCount)
          """)
    }
    return property
  }

  /// Lists a file; with a network, checks that the two belong together.
  init(_ path: String, for network: Network?) throws {
    let property = try Self.property(path, for: network)
    self.property = path
    sha256 = try Failure.onBadInput { try Digest.sha256(ofFiles: [URL(fileURLWithPath: path)]).sha256 }
    inputs = property.inputCount
    outputs = property.outputCount
    boxes = property.groups.count
    cases = property.caseCount
    rows = property.groups.reduce(0) { $0 + $1.conjunctions.reduce(0) { $0 + $1.count } }
    shownBoxes = property.groups.prefix(Self.shown).map { group in
      Box(lower: group.inputs.lower.map(\.description), upper: group.inputs.upper.map(\.description))
    }
    conditions = property.groups.enumerated().flatMap { box, group in
      group.conjunctions.prefix(Self.shown).map { rows in
        Condition(
          box: box + 1,
          rows: rows.isEmpty ? "every input of its box" : rows.map(\.description).joined(separator: " and "))
      }
    }.prefix(Self.shown).map { $0 }
    var notes = property.emptyCases.prefix(Self.shown).map(\.description)
    if property.emptyCases.count > notes.count { notes.append("\(property.emptyCases.count) cases have no members") }
    let rounded = Set(property.groups.flatMap(\.inputs.roundedElements)).count
    if rounded > 0 {
      notes.append(
        "\(Self.count(rounded, "input")) fixed to decimals between two doubles; bounds hold for the decimals")
    }
    if cases == 0 { notes.append("the unsafe set is empty: the property holds for every network") }
    self.notes = notes
  }

  func show() {
    Output.line("property    \(property) (sha256 \(sha256.prefix(16))…)")
    Output.line("about       \(Self.count(inputs, "input")), \(Self.count(outputs, "output"))")
    Output.line(
      "unsafe      \(Self.count(cases, "case")) in \(boxes == 1 ? "1 box" : "\(boxes) boxes"), \(Self.count(rows, "row"))"
    )
    for (index, box) in shownBoxes.enumerated() {
      let ranges = zip(box.lower, box.upper).prefix(Self.shown).enumerated().map { input, ends in
        ends.0 == ends.1 ? "X_\(input) = \(ends.0)" : "\(ends.0) <= X_\(input) <= \(ends.1)"
      }
      let rest = box.lower.count > ranges.count ? ", and \(box.lower.count - ranges.count) more (--json has all)" : ""
      Output.line(Self.label("box", index + 1) + ranges.joined(separator: ", ") + rest)
    }
    if boxes > shownBoxes.count { Output.line("            and \(boxes - shownBoxes.count) boxes more") }
    for (index, condition) in conditions.enumerated() {
      let text = condition.rows.count > 400 ? condition.rows.prefix(400) + "…" : condition.rows[...]
      Output.line(Self.label("case", index + 1) + (boxes > 1 ? "box \(condition.box): " : "") + text)
    }
    if cases > conditions.count { Output.line("            and \(cases - conditions.count) cases more") }
    for note in notes { Output.line("note: \(note)") }
  }

  private static func label(_ name: String, _ number: Int) -> String {
    let text = "\(name) \(number)"
    return text + String(repeating: " ", count: max(1, 12 - text.count))
  }

  private static func count(_ number: Int, _ name: String) -> String {
    number == 1 ? "1 \(name)" : "\(number) \(name)s"
  }
}
