import Foundation
import Networks
import VNNLIB

/// What `inspect` says of a property.
struct PropertyListing: Encodable {
  private let property, sha256: String
  private let inputs, outputs: Int
  private let boxes, cases, rows: Int
  private let conditions: [String]
  private let notes: [String]

  /// More cases than this are counted, not shown.
  private static let shownCases = 20

  /// Reads a file; with a network, checks that the two belong together.
  init(_ path: String, for network: Network?) throws {
    let property = try Failure.onBadInput { try VNNLIBFile.read(path) }
    if let network {
      guard property.inputCount == network.inputCount, property.outputCount == network.outputCount else {
        throw Failure(
          status: .badInput,
          message: """
            \(path) is about \(property.inputCount) inputs and \(property.outputCount) outputs; the network has \
            \(network.inputCount) and \(network.outputCount)
            """)
      }
    }
    self.property = path
    sha256 = try Failure.onBadInput { try ModelOptions.digest(of: [path]).digest }
    inputs = property.inputCount
    outputs = property.outputCount
    boxes = property.groups.count
    cases = property.caseCount
    let all = property.cases
    rows = all.reduce(0) { $0 + $1.rows.count }
    conditions = all.prefix(Self.shownCases).map { member in
      member.rows.isEmpty ? "every input of its box" : member.rows.map(\.description).joined(separator: " and ")
    }
    var notes = property.emptyCases.prefix(Self.shownCases).map(\.description)
    if property.emptyCases.count > notes.count { notes.append("\(property.emptyCases.count) cases have no members") }
    let rounded = Set(property.groups.flatMap(\.inputs.roundedElements)).count
    if rounded > 0 {
      notes.append("\(rounded) inputs are fixed to decimals between two doubles; bounds hold for the decimals")
    }
    if cases == 0 { notes.append("the unsafe set is empty: the property holds for every network") }
    self.notes = notes
  }

  func show() {
    Output.line("property    \(property) (sha256 \(sha256.prefix(16))…)")
    Output.line("about       \(inputs) inputs, \(outputs) outputs")
    Output.line(
      "unsafe      \(cases) case\(cases == 1 ? "" : "s") on \(boxes) box\(boxes == 1 ? "" : "es"), \(rows) rows")
    for (index, condition) in conditions.enumerated() {
      let shown = condition.count > 400 ? condition.prefix(400) + "…" : condition[...]
      Output.line(String(format: "case %-6d %@", index + 1, "\(shown)"))
    }
    if cases > conditions.count { Output.line("            and \(cases - conditions.count) more") }
    for note in notes { Output.line("note: \(note)") }
  }
}
