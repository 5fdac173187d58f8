import Bounds
import Foundation
import Networks
import Verification

/// What `exact` answers about one sample where it is asked for more than the largest margin; encodes as one JSON object.
struct RowAnswer: Encodable {
  /// A row's largest value, or an element's smallest and largest.
  struct Entry: Encodable {
    var `class`: Int?
    var unit: Int?
    var lower, upper: Double?
    var minimum, maximum: [Double]?
    let status: String
    let reason: String?
    let linearPrograms: Int

    /// The bracket of a class's margin.
    init(class: Int, _ bracket: RowBracket) {
      self.init(bracket.openReason, linearPrograms: bracket.nodes)
      self.class = `class`
      (lower, upper) = (bracket.lower.value, bracket.upper)
    }

    /// The range of a logit or of a unit.
    init(class: Int? = nil, unit: Int? = nil, _ range: RangeBracket) {
      self.init(range.openReason, linearPrograms: range.nodes)
      (self.class, self.unit) = (`class`, unit)
      minimum = [range.minimum.lowerBound, range.minimum.upperBound]
      maximum = [range.maximum.lowerBound, range.maximum.upperBound]
    }

    private init(_ reason: OpenReason?, linearPrograms: Int) {
      status = reason == nil ? "exact" : "bracket"
      self.reason = reason?.rawValue
      self.linearPrograms = linearPrograms
    }
  }

  let index, label: Int
  var quantity: String?
  var layer: String?
  /// The cross-entropy's ends.
  var lower, upper: Double?
  var margins, logits, units: [Entry]?
  var widths: LayerWidths?
  let openBrackets, unstable: Int
  let seconds: Double
  let profile: ProfileRow

  private init(index: Int, label: Int, _ work: RowBrackets, seconds: Double? = nil) {
    (self.index, self.label) = (index, label)
    openBrackets = work.openCount
    unstable = work.unstable
    self.seconds = seconds ?? work.seconds
    profile = ProfileRow(work)
  }

  /// The answer to a question about the outputs.
  init(
    _ quantity: ExactQuantity, of network: Network, over region: Region, index: Int, label: Int,
    settings: ExactSettings
  ) throws(VerificationError) {
    func entries(_ work: RowBrackets) -> [Entry] {
      zip((0..<network.outputCount).filter { $0 != label }, work.rows).map { Entry(class: $0, $1) }
    }
    switch quantity {
    case .margin, .margins:
      let work = try ExactRows.margins(of: network, over: region, label: label, settings: settings)
      self.init(index: index, label: label, work)
      margins = entries(work)
    case .logits:
      let (ranges, work) = try ExactRows.ranges(of: network, over: region, settings: settings)
      self.init(index: index, label: label, work)
      logits = ranges.enumerated().map { Entry(class: $0, $1) }
    case .crossEntropy:
      let bracket = try CrossEntropyBracket(
        of: network, over: region, label: label, sample: index, settings: settings)
      self.init(index: index, label: label, bracket.margins, seconds: bracket.seconds)
      (lower, upper) = (bracket.lower, bracket.upper)
      margins = entries(bracket.margins)
    }
    self.quantity = quantity.rawValue
  }

  /// The answer to a question about a layer's units.
  init(
    _ layer: ChosenLayer, over region: Region, index: Int, label: Int, settings: ExactSettings
  ) throws(VerificationError) {
    let (ranges, work) = try ExactRows.ranges(of: layer.prefix, over: region, settings: settings)
    self.init(index: index, label: label, work)
    self.layer = layer.node.name
    units = ranges.enumerated().map { Entry(unit: $0, $1) }
    widths = LayerWidths(ranges, of: layer.prefix, over: region.outer)
  }

  /// The columns of ``lines``.
  static func header(_ quantity: ExactQuantity, isLayer: Bool) -> String {
    let ends = "         lower         upper  status        LPs"
    let ranges = "       minimum between              maximum between          status        LPs"
    if isLayer { return "  sample  label    unit" + ranges }
    return switch quantity {
    case .margin, .margins: "  sample  label   class" + ends
    case .logits: "  sample  label   class" + ranges
    case .crossEntropy: "  sample  label         lower         upper  margins       LPs  seconds"
    }
  }

  /// A line for each entry; of a cross-entropy one line alone.
  var lines: [String] {
    let start = String(format: "%8d  %5d", index, label)
    func padded(_ status: String) -> String { status + String(repeating: " ", count: max(1, 9 - status.count)) }
    if let lower, let upper {
      let programs = (margins ?? []).reduce(0) { $0 + $1.linearPrograms }
      return [
        start + String(format: "  %12.6g  %12.6g  ", lower, upper)
          + padded(openBrackets == 0 ? "exact" : "open") + String(format: "%8d  %7.2f", programs, seconds)
      ]
    }
    return (margins ?? logits ?? units ?? []).map { entry in
      let ends = [entry.lower, entry.upper].compactMap(\.self) + (entry.minimum ?? []) + (entry.maximum ?? [])
      return start + String(format: "  %6d  ", entry.class ?? entry.unit ?? 0)
        + ends.map(Exact.column).joined(separator: "  ") + "  " + padded(entry.reason ?? entry.status)
        + String(format: "%6d", entry.linearPrograms)
    }
  }
}
