import Bounds
import Networks

/// A box of inputs that a search has bounded and not closed.
struct InputPart: Sendable {
  /// What is known of the network on it.
  private let bounds: RegionBounds
  /// The conjunctions that may hold somewhere in it, and planes for the outputs that they name.
  private let open: [Int]
  private let planes: UpperPlanes
  private let rows: [Int]
  /// How many splits deep it lies.
  let depth: Int
  /// The largest smallest violation that it may contain.
  let upper: Double

  /// What splitting a part came to.
  struct Halves: Sendable {
    /// Parts that stay open, those that promise less first.
    var parts: [InputPart] = []
    /// Boxes that were bounded.
    var bounded = 0
    /// An input that seems to violate, found on the way.
    var candidate: [Double]?
    /// Whether the part is too small to be halved.
    var isStuck = false
  }

  /// Bounds a box; nil if that excludes all of it.
  ///
  /// - Parameters:
  ///   - bounds: what is known of the network there already.
  ///   - candidates: the conjunctions that may hold.
  init?(_ question: ViolationQuestion, _ bounds: RegionBounds, candidates: [Int], depth: Int, upper known: Double) {
    var bounds = bounds
    bounds.refine()
    let rows = Set(candidates.flatMap { question.conjunctions[$0] }).sorted()
    let planes = bounds.upperPlanes(of: .elements(rows, width: question.network.outputCount))

    var open: [Int] = []
    var upper = -Double.infinity
    var kept: (lower: [Double], upper: [Double])?
    for conjunction in candidates {
      let own = question.conjunctions[conjunction].compactMap { rows.firstIndex(of: $0) }
      let reach = own.reduce(Double.infinity) { min($0, planes.bounds[$1]) }
      guard !(reach < 0), let clipped = planes.clip(bounds.input, whereAllOf: own, reach: 0) else { continue }
      open.append(conjunction)
      upper = max(upper, reach)
      if let before = kept {
        kept = (zip(before.lower, clipped.lower).map(min), zip(before.upper, clipped.upper).map(max))
      } else {
        kept = (clipped.lower, clipped.upper)
      }
    }
    guard let kept else { return nil }
    let box = Box(lower: kept.lower, upper: kept.upper)
    self.bounds = box == bounds.input ? bounds : bounds.narrowed(to: box)
    self.open = open
    self.rows = rows
    self.planes = planes
    self.depth = depth
    self.upper = min(known, upper)
  }

  /// The box's centre, or the corner where the lowest plane of a conjunction is largest, if it seems to violate.
  func candidate(_ question: ViolationQuestion) -> [Double]? {
    let box = bounds.input
    var points = [box.centre]
    for conjunction in open {
      let own = question.conjunctions[conjunction].compactMap { rows.firstIndex(of: $0) }
      guard let lowest = own.min(by: { planes.bounds[$0] < planes.bounds[$1] }) else { return box.centre }
      let base = lowest * planes.width
      points.append((0..<box.count).map { planes.coefficients[base + $0] > 0 ? box.upper[$0] : box.lower[$0] })
    }
    let outputs = question.network.outputs(points.flatMap(\.self), batch: points.count)
    let width = question.network.outputCount
    return points.indices.first { point in
      let values = outputs[point * width..<(point + 1) * width]
      return open.contains { question.reach($0, at: values) >= 0 }
    }.map { points[$0] }
  }

  /// Halves the box across one of two inputs, whichever leaves less.
  ///
  /// Neither of two scores is right everywhere: the planes say how much of the bound an input accounts for, the ranges of
  /// derivatives how much of the relaxation. What either prefers is tried.
  ///
  /// - Parameter remaining: seconds left.
  func halved(_ question: ViolationQuestion, remaining: @escaping () -> Double) -> Halves {
    var halves = Halves()
    var open = open
    if depth % Self.levelsBetweenPrograms == Self.levelsBetweenPrograms - 1, question.network.isPiecewiseLinear,
      bounds.unstableCount <= Self.unitsInPrograms
    {
      open = settled(question, &halves, remaining: remaining)
      if open.isEmpty { return halves }
    }
    let inputs = inputsToHalve(question)
    halves.isStuck = inputs.isEmpty
    var best: Double?
    for input in inputs {
      var parts: [InputPart] = []
      for box in bounds.input.halves(across: input) {
        halves.bounded += 1
        let part = InputPart(
          question, bounds.narrowed(to: box), candidates: open, depth: depth + 1, upper: upper)
        if let part { parts.append(part) }
      }
      let score = parts.reduce(0) { $0 + $1.upper }
      if let best, best <= score { continue }
      best = score
      halves.parts = parts.sorted { $0.upper < $1.upper }
      if parts.isEmpty { break }
    }
    return halves
  }

  /// How many levels lie between two attempts at linear programs, what those may take, and the number of units beyond
  /// which there is none. Where a violation is missed by little along an edge, boxes would be halved for ever.
  private static let levelsBetweenPrograms = 16
  private static let programs = 100
  private static let unitsInPrograms = 40

  /// The conjunctions that linear programs leave open.
  private func settled(
    _ question: ViolationQuestion, _ halves: inout Halves, remaining: @escaping () -> Double
  ) -> [Int] {
    var left: [Int] = []
    for conjunction in open {
      var candidate: [Double]?
      let programs = BranchPrograms(bounds, outputs: question.conjunctions[conjunction], remaining: remaining)
      let outcome = programs.settle(
        upper: upper, others: bounds.input.centre, nodeLimit: Self.programs, remaining: remaining,
        offer: { input in
          if question.reach(conjunction, at: question.network.outputs(input)[...]) >= 0 { candidate = input }
          return candidate != nil
        })
      halves.bounded += outcome.nodes
      halves.candidate = halves.candidate ?? candidate
      if !(outcome.upper < 0) { left.append(conjunction) }
    }
    return left
  }

  /// The input that moves the planes most, and the one with the largest smear, which may be the same; none if no input
  /// can be halved.
  private func inputsToHalve(_ question: ViolationQuestion) -> [Int] {
    let box = bounds.input
    let named = Set(open.flatMap { question.conjunctions[$0] })
    let own = rows.indices.filter { named.contains(rows[$0]) }
    let smears = bounds.gradientMagnitudes(of: .elements(own.map { rows[$0] }, width: question.network.outputCount))
    func best(_ score: (Int) -> Double) -> Int? {
      (0..<box.count).filter(box.canBeHalved).max { score($0) * box.width($0) < score($1) * box.width($1) }
    }
    let byPlanes = best { k in own.reduce(0) { $0 + planes.coefficients[$1 * box.count + k].magnitude } }
    let bySmear = best { k in own.indices.reduce(0) { $0 + smears[$1 * box.count + k] } }
    return [byPlanes, bySmear == byPlanes ? nil : bySmear].compactMap(\.self)
  }
}

extension Box {
  fileprivate func width(_ input: Int) -> Double { upper[input] - lower[input] }

  private func middle(_ input: Int) -> Double { lower[input] / 2 + upper[input] / 2 }

  /// Whether there is a double strictly within an input's range.
  fileprivate func canBeHalved(across input: Int) -> Bool {
    middle(input) > lower[input] && middle(input) < upper[input]
  }

  /// The two halves across an input.
  fileprivate func halves(across input: Int) -> [Box] {
    var (lower, upper) = (lower, upper)
    (lower[input], upper[input]) = (middle(input), middle(input))
    return [Box(lower: self.lower, upper: upper), Box(lower: lower, upper: self.upper)]
  }
}
