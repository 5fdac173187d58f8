import Intervals

/// A case of a property in the making: the rows stated so far, those over single inputs as bounds.
///
/// A value: copies share what they have in common until one of them is given more.
public struct CaseDraft: Sendable {
  /// The bounds found so far; nil where none was stated.
  struct Corners: Hashable, Sendable {
    var lower: [ExactNumber?]
    var upper: [ExactNumber?]
  }

  private(set) var corners: Corners
  /// What is not a bound, and the strict bounds.
  private(set) var rows: [LinearRow] = []
  /// Whether a row without variables is false.
  private(set) var isFalse = false

  /// A case without any row.
  public init(inputCount: Int) {
    let nothing = [ExactNumber?](repeating: nil, count: inputCount)
    corners = Corners(lower: nothing, upper: nothing)
  }

  /// Demands that one more row holds.
  ///
  /// - Precondition: the row's inputs are among those of the draft.
  public mutating func require(_ row: LinearRow) {
    guard let first = row.terms.first else {
      if !row.holds(inputs: [], outputs: []) { isFalse = true }
      return
    }
    guard row.terms.count == 1, case .input(let input) = first.variable else {
      precondition(row.neededCounts.inputs <= corners.lower.count, "A row needs \(row.neededCounts.inputs) inputs")
      rows.append(row)
      return
    }
    let (bound, isUpper) = row.bound(first)
    if isUpper {
      corners.upper[input] = corners.upper[input].map { min($0, bound) } ?? bound
    } else {
      corners.lower[input] = corners.lower[input].map { max($0, bound) } ?? bound
    }
    if row.isStrict { rows.append(row) }
  }

  /// An input that has no value within its bounds, if there is one.
  ///
  /// - Parameter known: corners that are known to be in order.
  func contradictoryInput(sameBoundsAs known: Corners?) -> Int? {
    if known?.isStoredAs(corners) != true {
      for input in corners.lower.indices {
        if let low = corners.lower[input], let high = corners.upper[input], low > high { return input }
      }
    }
    for row in rows {
      guard row.isStrict, row.terms.count == 1, let term = row.terms.first, case .input(let input) = term.variable
      else { continue }
      let (bound, isUpper) = row.bound(term)
      if let opposite = isUpper ? corners.lower[input] : corners.upper[input], opposite == bound { return input }
    }
    return nil
  }
}

extension CaseDraft.Corners {
  /// Whether both are the same arrays in memory, which makes them equal; false says nothing.
  func isStoredAs(_ other: Self) -> Bool {
    func address(_ array: [ExactNumber?]) -> UnsafePointer<ExactNumber?>? {
      array.withUnsafeBufferPointer { $0.baseAddress }
    }
    return address(lower) == address(other.lower) && address(upper) == address(other.upper)
  }

  /// The finished box.
  func bounds(case index: Int) throws(PropertyError) -> InputBounds {
    func finished(_ ends: [ExactNumber?], _ side: PropertyError.Side) throws(PropertyError) -> [ExactNumber] {
      var result: [ExactNumber] = []
      result.reserveCapacity(ends.count)
      for (input, end) in ends.enumerated() {
        guard let end else { throw .unbounded(input: input, side: side, caseIndex: index) }
        guard end.enclosure.magnitude.isFinite else { throw .outOfRange(input: input, side: side, caseIndex: index) }
        result.append(end)
      }
      return result
    }
    return InputBounds(lower: try finished(lower, .lower), upper: try finished(upper, .upper))
  }
}

extension LinearRow {
  /// The bound that a row over one variable is.
  fileprivate func bound(_ term: Term) -> (bound: ExactNumber, isUpper: Bool) {
    (-constant / term.coefficient, term.coefficient > .zero)
  }
}

/// Why cases are no property.
public enum PropertyError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Which end of an input's range.
  public enum Side: String, Sendable {
    case lower
    case upper
  }

  /// A case bounds an input on one side at most.
  case unbounded(input: Int, side: Side, caseIndex: Int)
  /// A bound lies beyond the range of doubles.
  case outOfRange(input: Int, side: Side, caseIndex: Int)

  public var description: String {
    switch self {
    case .unbounded(let input, let side, let index):
      "\(Variable.input(input)) has no \(side.rawValue) bound in case \(index + 1): state one"
    case .outOfRange(let input, let side, let index):
      "the \(side.rawValue) bound of \(Variable.input(input)) in case \(index + 1) is beyond the range of double "
        + "precision: state a smaller one"
    }
  }
}
