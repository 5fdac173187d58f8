import TestSupport

/// Ranges of pre-activations that are hard on lines: over many orders of magnitude, lopsided, narrow, and at the limits
/// of doubles.
struct RandomRanges {
  private var random: RandomNetworks

  init(seed: UInt64) { random = RandomNetworks(seed: seed) }

  /// A number of any sign, with its magnitude uniform over the decades around one.
  private mutating func number(decades: Double) -> Double {
    let exponent = Int(random.uniform(-decades, decades) * 3.33)
    return Double(sign: .plus, exponent: exponent, significand: random.uniform(-1, 1))
  }

  /// A range with finite ends.
  mutating func range() -> (lower: Double, upper: Double) {
    let special: [Double] = [
      0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0x1p-1030, -0x1p-1030, 1e-300, -1e-300, 1, -1, 20, -20, 40,
      -40,
      710,
      -750, 1e17, -1e17, 1e300, -1e300, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
    ]
    var ends: (Double, Double)
    switch random.index(0...5) {
    case 0: ends = (number(decades: 6), number(decades: 6))
    case 1: ends = (random.uniform(-6, 6), random.uniform(-6, 6))
    case 2:
      let centre = random.uniform(-8, 8)
      ends = (centre, centre + number(decades: 15) * 1e-10)
    case 3:
      let end = random.uniform(-10, 10)
      ends = (end, random.uniform(0, 1) < 0.3 ? end : random.uniform(0, 1) < 0.5 ? end.nextUp : end.nextDown)
    case 4: ends = (special[random.index(0...special.count - 1)], number(decades: 6))
    default:
      ends = (special[random.index(0...special.count - 1)], special[random.index(0...special.count - 1)])
    }
    return ends.0 <= ends.1 ? ends : (ends.1, ends.0)
  }

  /// Numbers of a range: its ends and their neighbours, its middle, the points around 0, and some in between.
  mutating func points(in range: (lower: Double, upper: Double), count: Int) -> [Double] {
    let (l, u) = range
    var points = [l, u, l.nextUp, u.nextDown, l / 2 + u / 2, 0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude]
    for _ in 0..<count {
      let share = random.uniform(0, 1)
      points.append(l * (1 - share) + u * share)
      // Where the functions bend, however wide the range is.
      points.append(number(decades: 2))
    }
    return points.filter { l <= $0 && $0 <= u }
  }
}
