/// Puts a name above each of several upright bars, to the right of a pole on the bar, so that no name covers another
/// name, a bar or a pole.
///
/// All sizes are in points; y grows downwards.
enum FlagPlacement {
  /// A rectangle along the axes.
  struct Rectangle: Hashable {
    var left, top, width, height: Double

    var right: Double { left + width }
    var bottom: Double { top + height }

    /// Whether two have a point in common that is not on their edges.
    func overlaps(_ other: Rectangle) -> Bool {
      left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }
  }

  /// A bar, and what its name takes up.
  struct Bar {
    /// Where it stands, and where it ends above and below.
    var x, top, bottom: Double
    var width, height: Double
  }

  /// Half of the breadth that a bar with its mark takes up.
  static let breadth = 7.0
  /// How far a name stands from its pole.
  private static let distance = 5.0
  /// By how much a name that has no room is lifted at a time.
  private static let step = 4.0

  /// A place for each bar's name, in the order of the bars; the pole reaches from the bar's top to the place's middle.
  ///
  /// Names lie right of their poles, and are placed from the right: whatever stands in the way of a pole would have to
  /// start further left. So there always is a place, and each takes the lowest.
  static func places(for bars: [Bar]) -> [Rectangle] {
    var taken = bars.map {
      Rectangle(left: $0.x - breadth, top: $0.top, width: 2 * breadth, height: $0.bottom - $0.top)
    }
    var places = [Rectangle](repeating: Rectangle(left: 0, top: 0, width: 0, height: 0), count: bars.count)
    for position in bars.indices.sorted(by: { bars[$0].x > bars[$1].x }) {
      let bar = bars[position]
      var place = Rectangle(
        left: bar.x + distance, top: bar.top - bar.height - step, width: bar.width, height: bar.height)
      while taken.contains(where: place.overlaps) { place.top -= step }
      places[position] = place
      taken.append(place)
      taken.append(Rectangle(left: bar.x - 1, top: place.top, width: 2, height: bar.top - place.top))
    }
    return places
  }
}
