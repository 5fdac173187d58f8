import Networks

/// Lower slopes for each row and each unstable ReLU, improved by gradient descent on the rows' upper bounds (α-CROWN).
///
/// Every slope in `[0, 1]` gives a sound bound, so that the search for good ones may round as it likes: each iteration's
/// bounds are computed by ``BackwardPass`` with all its error terms, and the smallest for each row is kept. The first
/// iteration is CROWN itself.
///
/// With the intermediate ranges held fixed, the gradient needs no automatic differentiation. Pull the rows back, keep
/// the coefficients `a` over each ReLU's output, take the corner of the box where each row is largest, and push it
/// forwards along the lines that were chosen: by the envelope theorem the bound's derivative with respect to a slope is
/// `a·z̃` where the row took the lower line (`a < 0`), z̃ being the pre-activation that comes out; elsewhere it is zero.
/// - Complexity: each iteration one backward pass and one evaluation, both with one vector for each row.
/// - Source: Xu et al. 2021, "Fast and Complete", with the gradient in closed form.
struct AlphaCROWN<Scalar: RowScalar> {
  let bounds: RegionBounds
  private let start: NodeID
  private var rows: LinearRows
  /// For each row its place among those that the search began with: the rest were left as they are.
  private(set) var open: [Int]
  /// How rows are mixed from several, where they are.
  var mixes: [RowMix]
  /// The lines of activation nodes that have some, by node index.
  var layers: [AlphaLayer<Scalar>?]
  /// Where each row is largest, as the last pass left it: values of the input, and of nodes that counted with their box,
  /// by node index.
  private(set) var corner: [[Scalar]]
  /// By how much the last pass's bounds, and about those of earlier ones, can lie above what exact arithmetic would have
  /// made of the same lines.
  private(set) var errors: [Double] = []

  /// Slopes to start from, those of the given lines (CROWN's own choice), for the nodes that have some.
  ///
  /// - Parameter mixes: how each row is mixed from several; none if rows are what they are.
  init(
    _ rows: LinearRows, over start: NodeID, bounds: RegionBounds, relaxations: [LinearRelaxation?],
    mixes: [RowMix] = []
  ) {
    precondition(mixes.isEmpty || mixes.count == rows.count, "\(mixes.count) mixes for \(rows.count) rows")
    self.bounds = bounds
    self.rows = rows
    self.mixes = mixes
    open = Array(0..<rows.count)
    self.start = start
    corner = [[Scalar]](repeating: [], count: start.index + 1)
    layers = bounds.network.nodes[...start.index].map { node in
      guard case .activation(let activation, _) = node.operation, let lines = relaxations[node.id.index] else {
        return nil
      }
      return AlphaLayer(
        rows: rows.count, lines: lines, box: bounds.preActivations(of: node), isChosen: activation == .relu)
    }
  }

  /// The smallest bound that each row had in any iteration.
  mutating func upperBounds(_ settings: AlphaSettings) -> [Double] {
    var best = firstBounds()
    // For how many iterations each row gained too little.
    var idle = [Int](repeating: 0, count: best.count)
    var adam = Adam(step: settings.step)
    for _ in 0..<settings.iterations {
      let kept = open.indices.filter { k in
        idle[open[k]] < 2 && !(settings.sufficient.map { best[open[k]] < $0 } ?? false)
      }
      if kept.isEmpty { break }
      if kept.count < open.count {
        open = kept.map { open[$0] }
        keep(kept)
      }
      let values = pushCorner()
      adam.advance()
      for row in mixes.indices where mixes[row].weights.count > 1 {
        mixes[row].descend(by: adam.step, values[start.index], row: row, of: &rows)
      }
      for index in layers.indices { layers[index]?.descend(by: adam) }
      adam.step *= settings.decay
      for (row, bound) in zip(open, pass()) {
        // Never negative, so that a least gain of 0 stops no row.
        let gain = max(0, best[row] - bound)
        idle[row] = gain < settings.leastGain ? idle[row] + 1 : 0
        best[row] = min(best[row], bound)
      }
    }
    return best
  }

  /// The bounds with slopes and multipliers as they are given; rows that splits have left bare are bounded without
  /// multipliers too.
  mutating func firstBounds() -> [Double] {
    let bounds = pass()
    guard layers.contains(where: { $0?.splits.holdsBare ?? false }) else { return bounds }
    for index in layers.indices { layers[index]?.splits.releaseBare() }
    return zip(bounds, pass()).map(min)
  }

  /// One backward pass with the slopes as they are: the rows' bounds.
  mutating func pass() -> [Double] {
    // Out of `self`, so that the closure changes them in place.
    var layers: [AlphaLayer<Scalar>?] = []
    swap(&layers, &self.layers)
    var corner = [[Scalar]](repeating: [], count: layers.count)
    var pass = BackwardPass<Scalar>(rows, over: start, bounds: bounds)
    pass.run { pass, node, coefficients in
      let index = node.id.index
      guard layers[index] != nil else {
        corner[index] = Self.maximisers(of: coefficients, over: bounds.boxes[index])
        return .concretise
      }
      layers[index]?.relax(&coefficients, in: &pass)
      return .toSource
    }
    corner[0] = Self.maximisers(of: pass.inputCoefficients, over: bounds.input)
    pass.concretiseInput()
    self.layers = layers
    self.corner = corner
    errors = (0..<rows.count).map { 2 * pass.errorBound($0) }
    return pass.upperBounds()
  }

  /// Evaluates the network at the corner that the last pass left, along the lines that the rows chose there: each layer
  /// then holds the derivatives of the rows' bounds with respect to its slopes.
  ///
  /// - Returns: the values of the nodes up to the last that has choices, or all where rows are mixed, by node index; those
  ///   of activations' sources are the pre-activations that the rows met.
  @discardableResult
  mutating func pushCorner() -> [[Scalar]] {
    let lastChoice = mixes.isEmpty ? layers.lastIndex { $0?.hasChoice ?? false } : start.index
    guard let last = lastChoice else { return [] }
    let count = rows.count
    var values: [[Scalar]] = []
    for node in bounds.network.nodes[...last] {
      switch node.operation {
      case .input:
        values.append(corner[0])
      case .linear(let layer, let source):
        values.append(layer.apply(values[source.index], batch: count))
      case .sum(let sources):
        var sum = values[sources[0].index]
        for source in sources.dropFirst() { Self.add(values[source.index], to: &sum) }
        values.append(sum)
      case .activation(_, let source):
        let index = node.id.index
        if layers[index] == nil {
          // A node that no row reached is never read again.
          values.append(corner[index].isEmpty ? [Scalar](repeating: 0, count: count * node.shape.count) : corner[index])
        } else {
          var pushed = values[source.index]
          layers[index]?.push(&pushed)
          values.append(pushed)
        }
      }
    }
    return values
  }

  /// Goes on with some of the rows only.
  private mutating func keep(_ kept: [Int]) {
    for node in bounds.network.nodes[...start.index] {
      layers[node.id.index]?.keep(kept)
      if !corner[node.id.index].isEmpty {
        corner[node.id.index] = corner[node.id.index].rows(kept, width: node.shape.count)
      }
    }
    if !mixes.isEmpty { mixes = kept.map { mixes[$0] } }
    rows = LinearRows(
      count: kept.count, width: rows.width, coefficients: rows.coefficients.rows(kept, width: rows.width))
  }

  private static func maximisers(of coefficients: [Scalar], over box: Box) -> [Scalar] {
    let width = box.count
    return [Scalar](unsafeUninitializedCapacity: coefficients.count) { corner, initialized in
      coefficients.withUnsafeBufferPointer { coefficients in
        guard let from = coefficients.baseAddress, let to = corner.baseAddress else { return }
        for start in stride(from: 0, to: coefficients.count, by: width) {
          Scalar.corner(from + start, box.lower, box.upper, into: to + start, count: width)
        }
      }
      initialized = coefficients.count
    }
  }

  private static func add(_ terms: [Scalar], to sum: inout [Scalar]) {
    Scalar.add(terms, to: &sum, count: terms.count)
  }
}

extension RegionBounds {
  /// α-CROWN's bounds of rows over a node's value, in the region's precision.
  ///
  /// - Parameter relaxations: the lines of all activations before the node.
  func optimisedUpperBounds(
    of rows: LinearRows, over node: NodeID, by relaxations: [LinearRelaxation?], _ settings: AlphaSettings
  ) -> [Double] {
    func bounds<Scalar: RowScalar>(in type: Scalar.Type) -> [Double] {
      var search = AlphaCROWN<Scalar>(rows, over: node, bounds: self, relaxations: relaxations)
      return search.upperBounds(settings)
    }
    return switch precision {
    case .single: bounds(in: Float.self)
    case .double: bounds(in: Double.self)
    }
  }
}

extension Array {
  /// Some rows of a matrix, in the given order.
  func rows(_ kept: [Int], width: Int) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(kept.count * width)
    for row in kept { result.append(contentsOf: self[row * width..<(row + 1) * width]) }
    return result
  }
}
