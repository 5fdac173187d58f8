import Mustache

/// HTML with its special characters escaped scalar by scalar.
///
/// The template engine's own escaping goes by characters, and a quote or bracket that carries a combining mark is a
/// character of its own, which it lets through.
struct EscapedHTML: MustacheContentType {
  /// Makes the name `PAGE` known to templates, once.
  static let registration: Void = MustacheContentTypes.register(EscapedHTML(), named: "PAGE")

  func escapeText(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": scalars.append(contentsOf: "&lt;".unicodeScalars)
      case ">": scalars.append(contentsOf: "&gt;".unicodeScalars)
      case "&": scalars.append(contentsOf: "&amp;".unicodeScalars)
      case "\"": scalars.append(contentsOf: "&quot;".unicodeScalars)
      case "'": scalars.append(contentsOf: "&#39;".unicodeScalars)
      default: scalars.append(scalar)
      }
    }
    return String(scalars)
  }
}
