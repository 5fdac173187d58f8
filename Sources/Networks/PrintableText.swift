extension String {
  /// The text with control characters escaped and cut to a length that fits a message: names come from outside.
  public var printable: String { printable(atMost: 120) }

  /// The same, cut to a length of one's own.
  public func printable(atMost length: Int) -> String {
    var result = ""
    var count = 0
    for scalar in unicodeScalars {
      guard count < length else { return result + "…" }
      count += 1
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
