import Bounds
import Networks

extension ExactRows {
  /// The largest value of every margin o_i − o_y over a region.
  ///
  /// - Returns: a bracket for each class i other than the label, in order.
  /// - Throws: as ``brackets(of:of:over:settings:hints:)``.
  public static func margins(
    of network: Network, over region: Region, label: Int, settings: ExactSettings, hints: [[Double]] = []
  ) throws(VerificationError) -> RowBrackets {
    let classes = (0..<network.outputCount).filter { $0 != label }
    return try brackets(
      of: classes.map { .margin(of: $0, label: label) }, of: network, over: region, settings: settings, hints: hints)
  }

  /// The smallest and the largest value of every element of a network's output over a region: logits, or a layer's
  /// pre-activations where the network is the part before it (``Networks/Network/prefix(endingAt:)``).
  ///
  /// - Returns: the elements' ranges in order, and what they took.
  /// - Throws: as ``brackets(of:of:over:settings:hints:)``; rows are −o_0, o_0, −o_1, …
  public static func ranges(
    of network: Network, over region: Region, settings: ExactSettings
  ) throws(VerificationError) -> (ranges: [RangeBracket], work: RowBrackets) {
    let rows = (0..<network.outputCount).flatMap { [OutputRow.element($0, coefficient: -1), .element($0)] }
    let work = try brackets(of: rows, of: network, over: region, settings: settings)
    let ranges = (0..<network.outputCount).map {
      RangeBracket(negative: work.rows[2 * $0], positive: work.rows[2 * $0 + 1])
    }
    return (ranges, work)
  }
}

extension BoundMethod {
  /// Rows bounded at once.
  private static let rowsAtOnce = 128

  /// The range of every element of a network's output by an incomplete method, to compare exact ranges with.
  ///
  /// - Parameter box: a box that contains the region.
  /// - Complexity: that of the method for two rows of each element.
  public func ranges(of network: Network, over box: Box) -> Box {
    var bounds = RegionBounds(of: network, over: box)
    if self == .crown || self == .alphaCROWN { bounds.refine() }
    let count = network.outputCount
    var (lower, upper) = ([Double](), [Double]())
    for start in stride(from: 0, to: count, by: Self.rowsAtOnce) {
      let elements = Array(start..<min(start + Self.rowsAtOnce, count))
      upper += bounds.upperBounds(of: .elements(elements, width: count), by: self)
      lower += bounds.upperBounds(of: .elements(elements, coefficient: -1, width: count), by: self).map { -$0 }
    }
    // Bounds of a single value from two sides may cross by no more than nothing: both hold.
    return Box(lower: zip(lower, upper).map(min), upper: zip(lower, upper).map(max))
  }
}
