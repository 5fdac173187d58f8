/// The names of a figure's files, and the script that draws all of its formats.
struct FigureFiles: Hashable, Sendable {
  /// The name without its ending.
  let stem: String

  /// What gnuplot draws from, and by; the script finds its data by their name.
  var data: String { stem + ".dat" }
  var script: String { stem + ".gp" }
  /// With text as text; with twice as many pixels as points; for papers.
  var vector: String { stem + ".svg" }
  var raster: String { stem + ".png" }
  var paper: String { stem + ".pdf" }
  /// All of them.
  var all: [String] { [data, script, vector, raster, paper] }

  /// A script that draws the same three times: SVG, PNG and PDF.
  ///
  /// - Parameters:
  ///   - width: points of 1/96 inch, as is `height`.
  ///   - drawing: gnuplot's commands, without terminal and output.
  func scriptText(width: Int, height: Int, drawing: [String]) -> String {
    """
    # To restyle the figure, edit this file and run it in its folder: gnuplot -d \(script)
    set encoding utf8
    do for [format in 'svg png pdf'] {
      if (format eq 'svg') {
        set terminal svg size \(width),\(height) fixed font 'Arial,12' noenhanced
        set output '\(vector)'
      } else {
        if (format eq 'png') {
          set terminal pngcairo size \(2 * width),\(2 * height) fontscale 2 linewidth 2 font 'Liberation Sans,12' noenhanced
          set output '\(raster)'
        } else {
          set terminal pdfcairo size \(width) / 96.0,\(height) / 96.0 fontscale 0.75 font 'Liberation Sans,12' noenhanced
          set output '\(paper)'
        }
      }
      reset
    \(drawing.map { "  " + $0 }.joined(separator: "\n"))
      unset output
    }

    """
  }
}
