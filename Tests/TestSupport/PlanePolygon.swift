import BigInt

/// The line `x·X + y·Y + constant = 0` with whole coefficients, or the form on its left side.
struct PlaneLine: Sendable {
  var x, y, constant: BigInt

  /// The point where two lines that are not parallel meet.
  func meeting(_ other: PlaneLine) -> PlanePoint {
    let weight = x * other.y - other.x * y
    precondition(!weight.isZero, "Parallel lines meet nowhere")
    let sign: BigInt = weight < 0 ? -1 : 1
    return PlanePoint(
      x: sign * (y * other.constant - other.y * constant), y: sign * (constant * other.x - other.constant * x),
      weight: sign * weight)
  }
}

/// The point `(x/weight, y/weight)`, exactly; the weight is positive.
struct PlanePoint: Sendable {
  var x, y, weight: BigInt

  /// A form's value here, times the weight.
  func weighted(_ form: PlaneLine) -> BigInt {
    form.x * x + form.y * y + form.constant * weight
  }
}

/// A convex polygon with exact corners.
///
/// Each corner is the meeting point of two of the lines that the polygon was cut by, so that corners take no more
/// digits the more cuts there were.
struct PlanePolygon: Sendable {
  /// A corner, and the line of the side that leads from it to the next one.
  struct Corner: Sendable {
    var point: PlanePoint
    var side: PlaneLine
  }

  private(set) var corners: [Corner]

  /// The rectangle between two corners, which differ in both coordinates.
  init(lower: (x: Double, y: Double), upper: (x: Double, y: Double)) {
    func vertical(_ x: Double) -> PlaneLine { AffineForm(x: Dyadic(1.0), constant: Dyadic(-x)).whole.line }
    func horizontal(_ y: Double) -> PlaneLine { AffineForm(y: Dyadic(1.0), constant: Dyadic(-y)).whole.line }
    let sides = [horizontal(lower.y), vertical(upper.x), horizontal(upper.y), vertical(lower.x)]
    corners = sides.indices.map { Corner(point: sides[($0 + 3) % 4].meeting(sides[$0]), side: sides[$0]) }
  }

  private init(corners: [Corner]) {
    self.corners = corners
  }

  /// The parts where a form is not negative and where it is not positive; one of them nil if all of the polygon is on
  /// the other side.
  func split(by form: PlaneLine) -> (above: PlanePolygon?, below: PlanePolygon?) {
    let signs = corners.map { $0.point.weighted(form).signum() }
    guard signs.contains(1) else { return (nil, self) }
    guard signs.contains(-1) else { return (self, nil) }
    return (cut(by: form, signs), cut(by: form, signs.map { -$0 }))
  }

  /// What is left where the given signs of a form at the corners are not negative.
  private func cut(by form: PlaneLine, _ signs: [BigInt]) -> PlanePolygon {
    var left: [Corner] = []
    for (i, corner) in corners.enumerated() {
      let (here, next) = (signs[i], signs[(i + 1) % signs.count])
      if here >= 0 { left.append(here == 0 && next < 0 ? Corner(point: corner.point, side: form) : corner) }
      if here > 0 && next < 0 { left.append(Corner(point: corner.side.meeting(form), side: form)) }
      if here < 0 && next > 0 { left.append(Corner(point: corner.side.meeting(form), side: corner.side)) }
    }
    return PlanePolygon(corners: left)
  }
}
