import Bounds
import Intervals
import Networks

/// Backward passes that fold stable ReLUs and stop at unstable ones.
struct Folding: Sendable {
  /// Coefficients this much smaller than the largest of their row are taken into the row's error: they carry no
  /// information at double precision, and solvers treat them badly.
  private static let negligible = 1e-13

  private let bounds: RegionBounds
  /// For each activation node that rows may reach, what to do with each of its elements.
  private var treatments: [NodeID: Treatment] = [:]
  private var unitCount = 0
  /// The largest output of each unit so far.
  private var outputLimits: [Double] = []

  private struct Treatment: Sendable {
    /// Elements that are never positive.
    let dead: [Int]
    /// Unstable elements, and the position of the first among all units.
    let unstable: [Int]
    let firstPosition: Int
    /// Where each unstable element stands among them.
    let offsets: [Int: Int]
  }

  init(_ bounds: RegionBounds) {
    self.bounds = bounds
    for node in bounds.network.activationNodes {
      let box = bounds.preActivations(of: node)
      treatments[node.id] = Treatment(
        dead: (0..<box.count).filter { box.upper[$0] <= 0 }, unstable: [], firstPosition: 0, offsets: [:])
    }
  }

  /// Makes a node's unstable elements variables for the rows that follow.
  mutating func add(node: NodeID, elements: [Int]) {
    let box = bounds.boxes[node.index]
    treatments[node] = Treatment(
      dead: treatments[node]?.dead ?? [], unstable: elements, firstPosition: unitCount,
      offsets: Dictionary(uniqueKeysWithValues: zip(elements, elements.indices)))
    unitCount += elements.count
    outputLimits += elements.map { box.upper[$0] }
  }

  /// Affine rows over inputs and the units added so far, for rows over a node's value; nil where numbers overflow.
  func rows(_ rows: LinearRows, over node: NodeID) -> [AffineRow]? {
    finish(BackwardPass<Double>(rows, over: node, bounds: bounds))
  }

  /// The same for sums of terms that layers read, each over activations and the input.
  ///
  /// - Precondition: no sum names an element twice: adding up its coefficients would round, and nobody counts that.
  func rows(_ sums: [[LayerRow.Term]]) -> [AffineRow]? {
    var starts: [NodeID: [Double]] = [:]
    for (row, terms) in sums.enumerated() {
      for term in terms {
        let width = bounds.boxes[term.node.index].count
        starts[term.node, default: [Double](repeating: 0, count: sums.count * width)].set(
          term.coefficient, at: row * width + term.element)
      }
    }
    return finish(BackwardPass<Double>(starts, count: sums.count, bounds: bounds))
  }

  /// The position of an activation's element among all units added so far.
  func position(of element: Int, ofActivation node: NodeID) -> Int? {
    guard let treatment = treatments[node], let offset = treatment.offsets[element] else { return nil }
    return treatment.firstPosition + offset
  }

  /// Rows over what the layer before an activation reads, for the pre-activations of some of its elements.
  func layerRows(_ elements: [Int], ofActivation activation: NodeID) -> [LayerRow] {
    guard case .activation(_, let node) = bounds.network[activation].operation else { return [] }
    var terms = [[LayerRow.Term]](repeating: [], count: elements.count)
    var pass = BackwardPass<Double>(
      .elements(elements, width: bounds.boxes[node.index].count), over: node, bounds: bounds)
    func take(_ coefficients: [Double], over node: NodeID) {
      let box = bounds.boxes[node.index]
      for row in elements.indices {
        for element in 0..<box.count where coefficients[row * box.count + element] != 0 {
          terms[row].append(
            LayerRow.Term(
              node: node, element: element, range: box[element], coefficient: coefficients[row * box.count + element]))
        }
      }
    }
    pass.run { _, node, coefficients in
      take(coefficients, over: node.id)
      return .stop
    }
    take(pass.inputCoefficients, over: bounds.network.nodes[0].id)
    return elements.indices.map {
      LayerRow(terms: terms[$0], constant: pass.constants[$0], error: pass.errorBound($0))
    }
  }

  /// The values of all nodes where the outputs of unstable units are given: what layers read at a relaxed solution.
  func values(input: [Double], output: (NodeID, Int) -> Double?) -> [[Double]] {
    var values: [[Double]] = []
    for node in bounds.network.nodes {
      switch node.operation {
      case .input: values.append(input)
      case .linear(let layer, let source): values.append(layer.apply(values[source.index], batch: 1))
      case .sum(let sources):
        values.append(
          (0..<node.shape.count).map { element in sources.reduce(0) { $0 + values[$1.index][element] } })
      case .activation(_, let source):
        var outputs = values[source.index]
        if let treatment = treatments[node.id] {
          for element in treatment.dead { outputs[element] = 0 }
          for element in treatment.unstable { outputs[element] = output(node.id, element) ?? max(0, outputs[element]) }
        }
        values.append(outputs)
      }
    }
    return values
  }

  /// Pulls rows back to the input, unstable units' outputs taken out on the way; nil where numbers overflow.
  private func finish(_ rows: BackwardPass<Double>) -> [AffineRow]? {
    var pass = rows
    var unitTerms = [[AffineRow.Term]](repeating: [], count: rows.count)
    pass.run { _, node, coefficients in
      guard let treatment = treatments[node.id] else { return .toSource }
      let width = node.shape.count
      for row in 0..<rows.count {
        let base = row * width
        for element in treatment.dead { coefficients[base + element] = 0 }
        for (offset, element) in treatment.unstable.enumerated() {
          let coefficient = coefficients[base + element]
          guard coefficient != 0 else { continue }
          unitTerms[row].append(
            AffineRow.Term(variable: treatment.firstPosition + offset, coefficient: coefficient))
          coefficients[base + element] = 0
        }
      }
      return .toSource
    }
    var folded: [AffineRow] = []
    for index in 0..<rows.count {
      guard let row = row(index, of: pass, unitTerms: unitTerms[index]) else { return nil }
      folded.append(row)
    }
    return folded
  }

  /// One finished row: fixed inputs become part of the constant, negligible coefficients of the error.
  private func row(_ index: Int, of pass: BackwardPass<Double>, unitTerms: [AffineRow.Term]) -> AffineRow? {
    let width = bounds.input.count
    let coefficients = pass.inputCoefficients[index * width..<(index + 1) * width]
    let largest = max(
      coefficients.reduce(0) { max($0, $1.magnitude) }, unitTerms.reduce(0) { max($0, $1.coefficient.magnitude) })
    let threshold = largest * Self.negligible
    guard largest.isFinite, pass.constants[index].isFinite, pass.errorBound(index).isFinite,
      coefficients.allSatisfy(\.isFinite), unitTerms.allSatisfy({ $0.coefficient.isFinite })
    else { return nil }

    var constant = Interval(pass.constants[index])
    var error = Interval(pass.errorBound(index))
    var inputs: [AffineRow.Term] = []
    for (element, coefficient) in coefficients.enumerated() where coefficient != 0 {
      let range = bounds.input[element]
      if range.lower == range.upper {
        constant = constant + Interval(coefficient) * range
      } else if coefficient.magnitude <= threshold {
        error = error + Interval(coefficient.magnitude) * Interval(range.magnitude)
      } else {
        inputs.append(AffineRow.Term(variable: element, coefficient: coefficient))
      }
    }
    var units: [AffineRow.Term] = []
    for term in unitTerms.sorted(by: { $0.variable < $1.variable }) {
      if term.coefficient.magnitude <= threshold {
        error = error + Interval(term.coefficient.magnitude) * Interval(outputLimits[term.variable])
      } else {
        units.append(term)
      }
    }
    let row = AffineRow(
      inputs: inputs, units: units, constant: constant.midpoint, error: (error + Interval(constant.width)).upper)
    return row.constant.isFinite && row.error.isFinite ? row : nil
  }
}

extension [Double] {
  /// Replaces a zero.
  fileprivate mutating func set(_ coefficient: Double, at place: Int) {
    precondition(self[place] == 0, "A sum names an element twice")
    self[place] = coefficient
  }
}
