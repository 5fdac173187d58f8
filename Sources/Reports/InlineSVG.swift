import Foundation

/// Gnuplot's drawings as parts of a page.
enum InlineSVG {
  /// The drawing without its file header and fixed size, so that it follows the page's width.
  ///
  /// - Parameters:
  ///   - svg: the file that gnuplot wrote; its words are ours or escaped by gnuplot.
  ///   - width: the size that it was drawn in, as is `height`.
  ///   - title: what it shows, for those who cannot see it.
  static func text(_ svg: String, width: Int, height: Int, title: String) -> String {
    guard let start = svg.range(of: "<svg") else { return "" }
    return String(svg[start.lowerBound...])
      .replacingOccurrences(of: "width=\"\(width)\" height=\"\(height)\"", with: "role=\"img\"")
      .replacingOccurrences(of: "<title>Gnuplot</title>", with: "<title>\(title)</title>")
  }
}
