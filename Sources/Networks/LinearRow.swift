import Intervals

/// One element of a network's input or output.
public enum Variable: Hashable, Comparable, Sendable, CustomStringConvertible {
  case input(Int)
  case output(Int)

  /// The name in VNNLIB: `X_3`, `Y_0`.
  public var description: String {
    switch self {
    case .input(let index): "X_\(index)"
    case .output(let index): "Y_\(index)"
    }
  }
}

/// What is known of a statement about numbers that are known as intervals.
public enum Truth: Hashable, Sendable {
  /// It is true for every choice of members.
  case certainlyTrue
  /// It is false for every choice of members.
  case certainlyFalse
  case undecided

  /// Whether both of two statements are true.
  public func and(_ other: Truth) -> Truth {
    if self == .certainlyFalse || other == .certainlyFalse { return .certainlyFalse }
    return self == .certainlyTrue ? other : .undecided
  }

  /// Whether one of two statements is true.
  public func or(_ other: Truth) -> Truth {
    if self == .certainlyTrue || other == .certainlyTrue { return .certainlyTrue }
    return self == .certainlyFalse ? other : .undecided
  }
}

/// A linear inequality over inputs x and outputs y: Σ a·x + Σ b·y + c ≤ 0, or < 0.
///
/// - Invariant: each variable occurs once, inputs first, in order; no coefficient is zero.
public struct LinearRow: Hashable, Sendable {
  /// One variable with its coefficient.
  public struct Term: Hashable, Sendable {
    /// The variable.
    public let variable: Variable
    /// Its coefficient, exact.
    public let coefficient: ExactNumber

    /// The product of the two.
    public init(_ variable: Variable, _ coefficient: ExactNumber) {
      self.variable = variable
      self.coefficient = coefficient
    }
  }

  /// The variables that occur.
  public let terms: [Term]
  /// c.
  public let constant: ExactNumber
  /// Whether the sum must be below zero, not zero itself.
  public let isStrict: Bool

  /// The row with these terms, in any order; those of one variable are added up.
  public init(terms: [Term], constant: ExactNumber, isStrict: Bool = false) {
    self.constant = constant
    self.isStrict = isStrict
    // A stable order, so that equal rows are equal.
    let sorted =
      terms.count == 2 && terms[0].variable < terms[1].variable
      ? terms : terms.sorted { $0.variable < $1.variable }
    var merged: [Term] = []
    merged.reserveCapacity(sorted.count)
    for term in sorted {
      if let last = merged.last, last.variable == term.variable {
        merged[merged.count - 1] = Term(last.variable, last.coefficient + term.coefficient)
      } else {
        merged.append(term)
      }
    }
    self.terms = merged.contains { $0.coefficient == .zero } ? merged.filter { $0.coefficient != .zero } : merged
  }

  /// The number of inputs and outputs that the row needs at least.
  public var neededCounts: (inputs: Int, outputs: Int) {
    var counts = (inputs: 0, outputs: 0)
    for term in terms {
      switch term.variable {
      case .input(let index): counts.inputs = max(counts.inputs, index + 1)
      case .output(let index): counts.outputs = max(counts.outputs, index + 1)
      }
    }
    return counts
  }

  /// All values of the left side for inputs and outputs in two boxes, rounded outward.
  ///
  /// An end that can be computed without rounding is exact, so that a row is decided on its boundary too.
  public func range(inputs: Box, outputs: Box) -> Interval {
    var lowest = Interval(constant.enclosure.lower)
    var highest = Interval(constant.enclosure.upper)
    for term in terms {
      let value =
        switch term.variable {
        case .input(let index): inputs[index]
        case .output(let index): outputs[index]
        }
      let products = [value.lower, value.upper].map { term.coefficient.enclosure.product(Interval($0)) }
      lowest = lowest.sum(Interval(min(products[0].lower, products[1].lower)))
      highest = highest.sum(Interval(max(products[0].upper, products[1].upper)))
    }
    return Interval(lower: lowest.lower, upper: highest.upper) ?? .entire
  }

  /// Whether the inequality holds for inputs and outputs in two boxes.
  public func truth(inputs: Box, outputs: Box) -> Truth {
    let range = range(inputs: inputs, outputs: outputs)
    if isStrict ? range.upper < 0 : range.upper <= 0 { return .certainlyTrue }
    if isStrict ? range.lower >= 0 : range.lower > 0 { return .certainlyFalse }
    return .undecided
  }

  /// The exact value of the left side.
  public func value(inputs: [Rational], outputs: [Rational]) -> Rational {
    terms.reduce(constant.value) { sum, term in
      let value =
        switch term.variable {
        case .input(let index): inputs[index]
        case .output(let index): outputs[index]
        }
      return sum + term.coefficient.value * value
    }
  }

  /// Whether the inequality holds, in exact arithmetic.
  public func holds(inputs: [Rational], outputs: [Rational]) -> Bool {
    let value = value(inputs: inputs, outputs: outputs)
    return isStrict ? value < .zero : value <= .zero
  }
}

extension LinearRow: CustomStringConvertible {
  /// The inequality as people write it: `Y_0 - 2·Y_1 + 0.5 <= 0`.
  public var description: String {
    var text = ""
    for term in terms {
      let isNegative = term.coefficient < .zero
      let size = isNegative ? .zero - term.coefficient : term.coefficient
      text += text.isEmpty ? (isNegative ? "-" : "") : isNegative ? " - " : " + "
      text += size == ExactNumber(1) ? "\(term.variable)" : "\(size)·\(term.variable)"
    }
    if constant != .zero || terms.isEmpty {
      let isNegative = constant < .zero
      let size = isNegative ? .zero - constant : constant
      text += text.isEmpty ? (isNegative ? "-" : "") : isNegative ? " - " : " + "
      text += size.description
    }
    return text + (isStrict ? " < 0" : " <= 0")
  }
}
