import CKernels
import Intervals
import Networks

/// One node's values between two affine functions of the input: `middle ± (gap + radius)`.
///
/// Both functions are kept by their mean and half their difference, over the noise symbols ε_k ∈ [−1, 1] of the input
/// elements that vary. A linear map W takes the mean to W·mean and the half difference to |W|·difference: the split of
/// W by sign, in two products.
///
/// - Invariant: `gap + radius` is not negative at any point of the region; its coefficients can have any sign.
/// - Source: Xu et al. 2020, "Automatic Perturbation Analysis for Scalable Certified Robustness and Beyond", forward
///   mode; Weng et al. 2018 (Fast-Lin).
struct ForwardLinear: ForwardForm {
  /// The number of input elements that vary.
  let inputs: Int
  /// The constants of the mean and of half the difference, one for each element.
  let middle, gap: [Double]
  /// The coefficients of both, `inputs · width`, one row for each input element; empty where all are zero.
  let middleSlopes, gapSlopes: [Double]
  /// What rounding adds to both sides, not negative.
  let radius: [Double]
  /// Upper bounds of |middle| + |gap| and of the coefficients' magnitudes, one for each element.
  let reach: [Double]

  /// The number of elements.
  var width: Int { middle.count }

  /// Affine functions from their parts.
  init(inputs: Int, middle: [Double], middleSlopes: [Double], gap: [Double], gapSlopes: [Double], radius: [Double]) {
    for slopes in [middleSlopes, gapSlopes] where !slopes.isEmpty {
      precondition(
        slopes.count == inputs * middle.count,
        "\(slopes.count) coefficients for \(middle.count) functions of \(inputs) inputs")
    }
    self.inputs = inputs
    self.middle = middle
    self.middleSlopes = middleSlopes
    self.gap = gap
    self.gapSlopes = gapSlopes
    self.radius = radius
    let slopes = zip(
      columnMagnitudes(middleSlopes, width: middle.count), columnMagnitudes(gapSlopes, width: middle.count))
    // Three roundings of numbers that are not negative.
    reach = zip(zip(middle, gap), slopes).map {
      ($0.0.magnitude + $0.1.magnitude + $1.0 + $1.1) * (1 + 8 * RoundingError.unit)
    }
  }

  init(input: Box, rules: inout FormRules) {
    let (centre, radius) = input.centreAndRadius
    let varying = radius.indices.filter { radius[$0] > 0 }
    let zero = [Double](repeating: 0, count: centre.count)
    guard varying.count <= rules.elementLimit / centre.count else {
      rules.mergedGenerators += varying.count
      self.init(anyOf: input, inputs: input)
      return
    }
    var slopes = [Double](repeating: 0, count: varying.count * centre.count)
    for (row, i) in varying.enumerated() { slopes[row * centre.count + i] = radius[i] }
    self.init(
      inputs: varying.count, middle: centre, middleSlopes: slopes, gap: zero, gapSlopes: [], radius: zero)
  }

  init(anyOf box: Box, inputs: Box) {
    let (centre, radius) = box.centreAndRadius
    self.init(
      inputs: inputs.centreAndRadius.radius.count { $0 > 0 }, middle: centre, middleSlopes: [],
      gap: [Double](repeating: 0, count: box.count), gapSlopes: [], radius: radius)
  }

  var range: Box? {
    let above = spread(gapSign: 1)
    let below = spread(gapSign: -1)
    var lower = middle
    var upper = middle
    for i in middle.indices {
      upper[i] = (((middle[i] + gap[i]).nextUp + above[i]).nextUp + radius[i]).nextUp
      lower[i] = (((middle[i] - gap[i]).nextDown - below[i]).nextDown - radius[i]).nextDown
      // A true value lies between the sides, but for the tests that leave rounding out.
      guard lower[i].isFinite, upper[i].isFinite, lower[i] <= upper[i] else { return nil }
    }
    return Box(lower: lower, upper: upper)
  }

  /// Upper bounds of Σ |coefficients| of the upper (`gapSign` 1) or the lower (−1) function of each element.
  private func spread(gapSign: Double) -> [Double] {
    guard !gapSlopes.isEmpty else { return columnMagnitudes(middleSlopes, width: width) }
    guard !middleSlopes.isEmpty else { return columnMagnitudes(gapSlopes, width: width) }
    let ones = [Double](repeating: 1, count: width)
    return columnMagnitudes(weightedSum(middleSlopes, gapSlopes, ones, ones.map { $0 * gapSign }), width: width)
  }

  /// - Complexity: one product of W with each row of the mean, one of |W| with each of the difference, one with a vector.
  func image(under layer: LinearLayer, rules: inout FormRules) -> ForwardLinear {
    let map = layer.map
    let source = limited(toRowsOf: map.outputCount, rules: &rules)
    let middle = zip(map.apply(source.middle, batch: 1), layer.bias).map { $0 + $1 }
    return ForwardLinear(
      inputs: inputs, middle: middle,
      middleSlopes: source.middleSlopes.isEmpty ? [] : map.apply(source.middleSlopes, batch: inputs),
      gap: map.apply(source.gap, batch: 1, .magnitudes),
      gapSlopes: source.gapSlopes.isEmpty ? [] : map.apply(source.gapSlopes, batch: inputs, .magnitudes),
      radius: rules.carriedRadius(source.radius, reach: source.reach, through: layer, middle: middle))
  }

  static func sum(_ terms: [ForwardLinear], rules: inout FormRules) -> ForwardLinear {
    func added(_ parts: [[Double]]) -> [Double] {
      let parts = parts.filter { !$0.isEmpty }
      guard var total = parts.first else { return [] }
      for part in parts.dropFirst() { for i in total.indices { total[i] += part[i] } }
      return total
    }
    let gamma = rules.gamma(2 * terms.count + 16)
    let radius = zip(added(terms.map(\.radius)), added(terms.map(\.reach))).map {
      (($0 + gamma * $1) * (1 + gamma) + rules.underflow).nextUp
    }
    return ForwardLinear(
      inputs: terms[0].inputs, middle: added(terms.map(\.middle)), middleSlopes: added(terms.map(\.middleSlopes)),
      gap: added(terms.map(\.gap)), gapSlopes: added(terms.map(\.gapSlopes)), radius: radius)
  }

  func image(under activation: Activation, on box: Box, rules: inout FormRules) -> ForwardLinear {
    let lines = LinearRelaxation(of: activation, on: box)
    // The mean of both functions after the lines is a·mean + b·difference, half the difference b·mean + a·difference.
    let a = zip(lines.upperSlope, lines.lowerSlope).map { ($0 + $1) / 2 }
    let b = zip(lines.upperSlope, lines.lowerSlope).map { ($0 - $1) / 2 }
    var middle = self.middle
    var gap = self.gap
    var radius = self.radius
    for i in 0..<lines.count {
      let (upperOffset, lowerOffset) = (lines.upperOffset[i], lines.lowerOffset[i])
      let hasOffset = upperOffset != 0 || lowerOffset != 0
      // The identity rounds nothing.
      if lines.upperSlope[i] == 1, lines.lowerSlope[i] == 1, !hasOffset { continue }
      let steepest = max(lines.upperSlope[i], lines.lowerSlope[i])
      (middle[i], gap[i]) = (
        a[i] * middle[i] + b[i] * gap[i] + (upperOffset / 2 + lowerOffset / 2),
        b[i] * middle[i] + a[i] * gap[i] + (upperOffset / 2 - lowerOffset / 2)
      )
      // One rounding of a and b, at most two more of each coefficient and four of the constants.
      let size =
        steepest * reach[i] + upperOffset.magnitude + lowerOffset.magnitude + middle[i].magnitude
        + gap[i].magnitude
      let grown = radius[i] * steepest + rules.gamma(16) * size
      radius[i] = steepest == 0 && !hasOffset ? 0 : (grown * (1 + 8 * RoundingError.unit) + rules.underflow).nextUp
    }
    let isParallel = lines.upperSlope == lines.lowerSlope
    let hasGap = !gapSlopes.isEmpty || !isParallel && !middleSlopes.isEmpty
    return ForwardLinear(
      inputs: inputs, middle: middle, middleSlopes: weightedSum(middleSlopes, gapSlopes, a, b), gap: gap,
      gapSlopes: hasGap ? weightedSum(middleSlopes, gapSlopes, b, a) : [], radius: radius)
  }

  /// The same, or without coefficients where two matrices with rows of the given width break the limit.
  private func limited(toRowsOf width: Int, rules: inout FormRules) -> ForwardLinear {
    guard !middleSlopes.isEmpty || !gapSlopes.isEmpty, inputs > rules.elementLimit / (2 * max(1, width)),
      let box = range
    else { return self }
    rules.mergedGenerators += inputs
    let (centre, radius) = box.centreAndRadius
    return ForwardLinear(
      inputs: inputs, middle: centre, middleSlopes: [], gap: [Double](repeating: 0, count: self.width), gapSlopes: [],
      radius: radius)
  }

  /// `p·x + q·y` for two matrices of rows, with a factor for each column; empty is zero.
  private func weightedSum(_ x: [Double], _ y: [Double], _ p: [Double], _ q: [Double]) -> [Double] {
    guard !y.isEmpty else { return scaledColumns(x, by: p) }
    guard !x.isEmpty else { return scaledColumns(y, by: q) }
    return [Double](unsafeUninitializedCapacity: x.count) { sums, count in
      x.withUnsafeBufferPointer { x in
        y.withUnsafeBufferPointer { y in
          p.withUnsafeBufferPointer { p in
            q.withUnsafeBufferPointer { q in
              for start in stride(from: 0, to: x.count, by: p.count) {
                for i in 0..<p.count { sums[start + i] = p[i] * x[start + i] + q[i] * y[start + i] }
              }
            }
          }
        }
      }
      count = x.count
    }
  }

  /// - Complexity: two products of the rows with each node's coefficients.
  static func addUpperBounds(
    of parts: [(form: ForwardLinear, coefficients: [Double])], to pass: inout BackwardPass<Double>
  ) {
    let inputs = parts.first?.form.inputs ?? 0
    var combined = [Double](repeating: 0, count: pass.count * inputs)
    for (form, coefficients) in parts {
      let magnitudes = coefficients.map(\.magnitude)
      for products in [
        productsWithRows(coefficients, form.middleSlopes, count: pass.count, width: form.width),
        productsWithRows(magnitudes, form.gapSlopes, count: pass.count, width: form.width),
      ] {
        for i in products.indices { combined[i] += products[i] }
      }
      let reach = zip(form.reach, form.radius).map { $0 + $1 }
      let gamma = RoundingError.gamma(2 * form.width + 4 * parts.count + 16)
      coefficients.withUnsafeBufferPointer { rows in
        guard let base = rows.baseAddress else { return }
        for row in 0..<pass.count {
          let a = base + row * form.width
          let sides = ck_row_reach_f64(a, form.gap, form.width) + ck_row_reach_f64(a, form.radius, form.width)
          pass.totals.add(ck_dot(a, form.middle, form.width) + sides, to: row)
          pass.totals.addError(gamma * ck_row_reach_f64(a, reach, form.width) + RoundingError.underflow, to: row)
        }
      }
    }
    pass.addMagnitudes(combined, width: inputs)
  }
}
