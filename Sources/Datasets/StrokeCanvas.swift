/// A grey image on which curves are drawn with a round pen of varying width.
///
/// Each pixel holds how deep it lies inside the ink: the largest `half-width − distance` over all curves, in
/// pixels, negative outside. Only additions, multiplications, divisions and square roots are used, all of which
/// IEEE 754 rounds in one way, so the image is the same on every machine.
struct StrokeCanvas {
  /// A place of the pen: centre and half-width, in pixels; pixel (row, column) has its centre at
  /// (column + ½, row + ½).
  struct Nib {
    var position: SIMD2<Double>
    var halfWidth: Double
  }

  /// Rows and columns.
  let size: Int
  /// Depths beyond this distance from the ink are not computed.
  let reach: Double
  /// For each pixel in row-major order, how deep it lies inside the ink.
  private(set) var depths: [Double]

  /// An empty canvas.
  init(size: Int, reach: Double) {
    self.size = size
    self.reach = reach
    depths = [Double](repeating: -.infinity, count: size * size)
  }

  /// How many straight pieces stand for the curve between two control points.
  private static let piecesPerSpan = 6

  /// Draws the smooth curve through the given places, closed if `isClosed`; there are at least two.
  ///
  /// Between two neighbours runs the cubic whose slope at each place is half the step from the place before to
  /// the place after (Catmull & Rom, *A class of local interpolating splines*, 1974).
  mutating func draw(_ nibs: [Nib], isClosed: Bool) {
    let count = nibs.count
    for span in 0..<(isClosed ? count : count - 1) {
      let start = nibs[span]
      let end = nibs[(span + 1) % count]
      let before = isClosed || span > 0 ? nibs[(span + count - 1) % count].position : start.position
      let after = isClosed || span + 2 < count ? nibs[(span + 2) % count].position : end.position
      let startSlope = (end.position - before) * 0.5
      let endSlope = (after - start.position) * 0.5
      var last = start
      for piece in 1...StrokeCanvas.piecesPerSpan {
        let t = Double(piece) / Double(StrokeCanvas.piecesPerSpan)
        let s = 1 - t
        let next = Nib(
          position: start.position * (s * s * (1 + 2 * t)) + end.position * (t * t * (1 + 2 * s))
            + startSlope * (s * s * t) - endSlope * (t * t * s),
          halfWidth: s * start.halfWidth + t * end.halfWidth)
        drawPiece(from: last, to: next)
        last = next
      }
    }
  }

  private mutating func drawPiece(from start: Nib, to end: Nib) {
    let margin = max(start.halfWidth, end.halfWidth) + reach
    let columns = pixels(
      from: min(start.position.x, end.position.x) - margin, to: max(start.position.x, end.position.x) + margin)
    let rows = pixels(
      from: min(start.position.y, end.position.y) - margin, to: max(start.position.y, end.position.y) + margin)
    let dx = end.position.x - start.position.x
    let dy = end.position.y - start.position.y
    let squaredLength = dx * dx + dy * dy
    let widening = end.halfWidth - start.halfWidth
    depths.withUnsafeMutableBufferPointer { depths in
      for row in rows {
        let y = Double(row) + 0.5 - start.position.y
        for column in columns {
          let x = Double(column) + 0.5 - start.position.x
          let along = squaredLength > 0 ? min(max((x * dx + y * dy) / squaredLength, 0), 1) : 0
          let offX = x - along * dx
          let offY = y - along * dy
          let depth = start.halfWidth + along * widening - (offX * offX + offY * offY).squareRoot()
          depths[row * size + column] = max(depths[row * size + column], depth)
        }
      }
    }
  }

  /// The pixels whose centres lie between two coordinates, those outside the canvas left out.
  private func pixels(from lower: Double, to upper: Double) -> Range<Int> {
    let first = min(max((lower - 0.5).rounded(.up), 0), Double(size))
    let last = min(max((upper - 0.5).rounded(.down), -1), Double(size - 1))
    return Int(first)..<max(Int(first), Int(last) + 1)
  }
}
