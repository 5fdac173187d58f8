import Bounds
import Intervals
import Networks

/// Backward passes that fold stable ReLUs and stop at unstable ones.
struct Folding {
  /// Coefficients this much smaller than the largest of their row are taken into the row's error: they carry no
  /// information at double precision, and solvers treat them badly.
  private static let negligible = 1e-13

  private let bounds: RegionBounds
  /// For each activation node that rows may reach, what to do with each of its elements.
  private var treatments: [NodeID: Treatment] = [:]
  private var unitCount = 0
  /// The largest output of each unit so far.
  private var outputLimits: [Double] = []

  private struct Treatment {
    /// Elements that are never positive.
    let dead: [Int]
    /// Unstable elements, and the position of the first among all units.
    let unstable: [Int]
    let firstPosition: Int
  }

  init(_ bounds: RegionBounds) {
    self.bounds = bounds
    for node in bounds.network.activationNodes {
      let box = bounds.preActivations(of: node)
      treatments[node.id] = Treatment(
        dead: (0..<box.count).filter { box.upper[$0] <= 0 }, unstable: [], firstPosition: 0)
    }
  }

  /// Makes a node's unstable elements variables for the rows that follow.
  mutating func add(node: NodeID, elements: [Int]) {
    let box = bounds.boxes[node.index]
    treatments[node] = Treatment(
      dead: treatments[node]?.dead ?? [], unstable: elements, firstPosition: unitCount)
    unitCount += elements.count
    outputLimits += elements.map { box.upper[$0] }
  }

  /// Affine rows over inputs and the units added so far, for rows over a node's value; nil where numbers overflow.
  func rows(_ rows: LinearRows, over node: NodeID) -> [AffineRow]? {
    var unitTerms = [[AffineRow.Term]](repeating: [], count: rows.count)
    var pass = BackwardPass<Double>(rows, over: node, bounds: bounds)
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
