/// Puts labels beside the marks of a figure so that none covers another label or a mark.
///
/// All sizes are in points; y grows downwards.
struct LabelPlacement {
  /// A rectangle along the axes.
  struct Rectangle: Hashable {
    var left, top, width, height: Double

    var right: Double { left + width }
    var bottom: Double { top + height }

    /// Whether two have a point in common that is not on their edges.
    func overlaps(_ other: Rectangle) -> Bool {
      left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }

    /// Whether it lies within another.
    func lies(in other: Rectangle) -> Bool {
      left >= other.left && right <= other.right && top >= other.top && bottom <= other.bottom
    }
  }

  /// Something to name.
  struct Mark {
    /// Where it is.
    var x, y: Double
    /// What its name takes up.
    var width, height: Double
  }

  /// How far a label stands from its mark at least.
  private static let distance = 9.0
  /// A mark's own size, half of it.
  private static let radius = 6.0

  /// One place for each mark, in their order: each takes the nearest of the places to its right and left, at growing
  /// heights, that is inside the frame and free of marks and of labels placed before; the one to its right where no
  /// place is.
  static func places(for marks: [Mark], in frame: Rectangle, besides obstacles: [Rectangle] = []) -> [Rectangle] {
    var taken =
      obstacles
      + marks.map {
        Rectangle(left: $0.x - radius, top: $0.y - radius, width: 2 * radius, height: 2 * radius)
      }
    return marks.map { mark in
      let candidates = stride(from: 0, through: 240, by: 4).flatMap { step -> [Rectangle] in
        [-1.0, 1].flatMap { side -> [Rectangle] in
          let top = mark.y - mark.height / 2 + side * Double(step)
          return [mark.x + distance, mark.x - distance - mark.width].map {
            Rectangle(left: $0, top: top, width: mark.width, height: mark.height)
          }
        }
      }
      let free = candidates.first { place in place.lies(in: frame) && !taken.contains { place.overlaps($0) } }
      let place = free ?? candidates[0]
      taken.append(place)
      return place
    }
  }
}
