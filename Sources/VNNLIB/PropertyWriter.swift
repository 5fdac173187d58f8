import Intervals
import Networks

extension Property {
  /// The property as a VNNLIB 1 text, which reads back as an equal property.
  ///
  /// Numbers are written exactly: in decimal digits, or as a quotient where the digits do not end.
  public var vnnlibText: String {
    var lines: [String] = []
    lines += (0..<inputCount).map { "(declare-const \(Variable.input($0)) Real)" }
    lines += (0..<outputCount).map { "(declare-const \(Variable.output($0)) Real)" }
    if let group = groups.first, groups.count == 1 {
      // One box: the usual form, one assertion for each bound.
      lines += group.inputs.vnnlibBounds.map { "(assert \($0))" }
      if group.conjunctions.count == 1, let rows = group.conjunctions.first {
        lines += rows.map { "(assert \($0.vnnlibText))" }
      } else {
        lines.append("(assert \(group.vnnlibAlternatives))")
      }
    } else if groups.isEmpty {
      lines.append("(assert false)")
    } else {
      lines.append("(assert (or")
      lines += groups.map {
        "  (and " + ($0.inputs.vnnlibBounds + [$0.vnnlibAlternatives]).joined(separator: " ") + ")"
      }
      lines.append("))")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Property.Group {
  /// The union of the conjunctions.
  fileprivate var vnnlibAlternatives: String {
    let alternatives = conjunctions.map { "(and" + $0.map { " " + $0.vnnlibText }.joined() + ")" }
    return "(or\n    " + alternatives.joined(separator: "\n    ") + ")"
  }
}

extension InputBounds {
  /// Each end of the box as a comparison.
  fileprivate var vnnlibBounds: [String] {
    (0..<count).flatMap { i in
      ["(>= \(Variable.input(i)) \(lower[i].vnnlibText))", "(<= \(Variable.input(i)) \(upper[i].vnnlibText))"]
    }
  }
}

extension LinearRow {
  /// The row with positive coefficients on both sides, as people write it.
  fileprivate var vnnlibText: String {
    let positive = terms.filter { $0.coefficient > .zero }.map { $0.vnnlibText($0.coefficient) }
    let negative = terms.filter { $0.coefficient < .zero }.map { $0.vnnlibText(-$0.coefficient) }
    // The variables, or with none left of the sign the constant, stand first.
    if positive.isEmpty, !negative.isEmpty {
      return "(\(isStrict ? ">" : ">=") \(Self.sum(negative, .zero)) \(constant.vnnlibText))"
    }
    return "(\(isStrict ? "<" : "<=") \(Self.sum(positive, .zero)) \(Self.sum(negative, -constant)))"
  }

  private static func sum(_ terms: [String], _ constant: ExactNumber) -> String {
    let all = terms + (constant == .zero && !terms.isEmpty ? [] : [constant.vnnlibText])
    return all.count == 1 ? all[0] : "(+ " + all.joined(separator: " ") + ")"
  }
}

extension LinearRow.Term {
  fileprivate func vnnlibText(_ coefficient: ExactNumber) -> String {
    coefficient == .one ? "\(variable)" : "(* \(coefficient.vnnlibText) \(variable))"
  }
}

extension ExactNumber {
  /// All digits, or a quotient of whole numbers.
  fileprivate var vnnlibText: String {
    decimalText ?? "(/ \(value.numerator) \(value.denominator))"
  }
}
