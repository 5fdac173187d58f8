import CKernels
import Intervals
import Networks
import Tensors

/// One node's values as affine forms: element i is `centre[i] + Σ_k g[k][i]·ε_k + radius[i]·δ_i`.
///
/// The noise symbols ε_k ∈ [−1, 1] are functions of the input that all nodes share: one for each input element that
/// varies and one for each unit that an activation's lines leave open. The δ_i ∈ [−1, 1] are the element's own: all
/// rounding errors, and generators that were merged to save memory.
///
/// - Source: Singh et al. 2018, "Fast and Effective Robustness Certification" (DeepZ); Ghorbal et al. 2009 (Taylor1+).
struct Zonotope: ForwardForm {
  /// The constants, one for each element.
  let centre: [Double]
  /// The symbols ε_k that occur, in increasing order.
  let symbols: [Int]
  /// The generators, `symbols.count · width`, one row for each symbol: the layers' maps take them as a batch.
  let generators: [Double]
  /// The elements' own part, not negative.
  let radius: [Double]
  /// Upper bounds of Σ_k |g[k][i]|, one for each element.
  let spread: [Double]

  /// The number of elements.
  var width: Int { centre.count }

  /// Affine forms from their parts.
  init(centre: [Double], symbols: [Int], generators: [Double], radius: [Double]) {
    precondition(
      generators.count == symbols.count * centre.count,
      "\(generators.count) coefficients for \(symbols.count) generators of \(centre.count) elements")
    self.centre = centre
    self.symbols = symbols
    self.generators = generators
    self.radius = radius
    spread = columnMagnitudes(generators, width: centre.count)
  }

  init(input: Box, rules: inout FormRules) {
    let (centre, radius) = input.centreAndRadius
    let points = Zonotope(
      centre: centre, symbols: [], generators: [], radius: [Double](repeating: 0, count: centre.count))
    self = points.appending(radius, rules: &rules)
  }

  init(anyOf box: Box, inputs _: Box) {
    let (centre, radius) = box.centreAndRadius
    self.init(centre: centre, symbols: [], generators: [], radius: radius)
  }

  /// Upper bounds of |centre| + Σ|g|, up to one rounding.
  private var reach: [Double] { zip(centre, spread).map { $0.magnitude + $1 } }

  var range: Box? {
    var lower = centre
    var upper = centre
    for i in centre.indices {
      let reach = (spread[i] + radius[i]).nextUp
      lower[i] = (centre[i] - reach).nextDown
      upper[i] = (centre[i] + reach).nextUp
      guard lower[i].isFinite, upper[i].isFinite else { return nil }
    }
    return Box(lower: lower, upper: upper)
  }

  /// - Complexity: one product of the map with each generator, one with the centre, one of |W| with a vector.
  func image(under layer: LinearLayer, rules: inout FormRules) -> Zonotope {
    let source = reduced(toRowsOf: layer.map.outputCount, rules: &rules)
    let product = layer.map.apply(centre, batch: 1)
    let middle = zip(product, layer.bias).map { $0 + $1 }
    let rows =
      source.symbols.isEmpty ? [] : layer.map.apply(source.generators, batch: source.symbols.count)
    return Zonotope(
      centre: middle, symbols: source.symbols, generators: rows,
      radius: rules.carriedRadius(source.radius, reach: source.reach, through: layer, middle: middle))
  }

  static func sum(_ terms: [Zonotope], rules: inout FormRules) -> Zonotope {
    let width = terms[0].width
    var sizes: [Int: Double] = [:]
    for term in terms {
      for (symbol, size) in zip(term.symbols, rowMagnitudes(term.generators, width: width)) {
        sizes[symbol, default: 0] += size
      }
    }
    let all = sizes.keys.sorted()
    let isKept = largest(all.map { sizes[$0] ?? 0 }, count: rules.elementLimit / width)
    let symbols = zip(all, isKept).filter { $1 }.map { $0.0 }
    rules.mergedGenerators += all.count - symbols.count
    let row = Dictionary(uniqueKeysWithValues: zip(symbols, 0...))

    var centre = [Double](repeating: 0, count: width)
    var radius = centre
    var reach = centre
    var generators = [Double](repeating: 0, count: symbols.count * width)
    for term in terms {
      let term = symbols.count == all.count ? term : term.keeping(term.symbols.map { row[$0] != nil })
      let termReach = term.reach
      for i in 0..<width {
        centre[i] += term.centre[i]
        radius[i] += term.radius[i]
        reach[i] += termReach[i]
      }
      for (k, symbol) in term.symbols.enumerated() {
        guard let to = row[symbol] else { continue }
        for i in 0..<width { generators[to * width + i] += term.generators[k * width + i] }
      }
    }
    // Each partial sum of an element or generator is at most the sum of the magnitudes. Sums do not underflow.
    let gamma = rules.gamma(2 * terms.count + 16)
    for i in 0..<width { radius[i] = ((radius[i] + gamma * reach[i]) * (1 + gamma) + rules.underflow).nextUp }
    return Zonotope(centre: centre, symbols: symbols, generators: generators, radius: radius)
  }

  func image(under activation: Activation, on box: Box, rules: inout FormRules) -> Zonotope {
    let lines = box.lower.indices.map { ParallelLines(activation, on: box.lower[$0], box.upper[$0]) }
    let reach = reach
    var centre = centre
    var radius = radius
    for (i, line) in lines.enumerated() where line.slope != 1 || line.centre != 0 {
      guard line.slope != 0 else {
        (centre[i], radius[i]) = (line.centre, 0)
        continue
      }
      centre[i] = centre[i] * line.slope + line.centre
      // Two roundings of the centre, one of each generator, each on its own magnitude; and what underflows of them.
      let rounding = rules.gamma(8) * (line.slope * reach[i] + centre[i].magnitude + line.centre.magnitude)
      radius[i] = ((radius[i] * line.slope + rounding) * (1 + 8 * RoundingError.unit) + rules.underflow).nextUp
    }
    let scaled = Zonotope(
      centre: centre, symbols: symbols, generators: scaledColumns(generators, by: lines.map(\.slope)), radius: radius)
    return scaled.appending(lines.map(\.radius), rules: &rules)
  }

  /// The same with a new symbol for each element that has an own part in `new`.
  ///
  /// Where the limit does not allow for all of them, the smallest generators, old or new, are merged.
  private func appending(_ new: [Double], rules: inout FormRules) -> Zonotope {
    let units = new.indices.filter { new[$0] > 0 }
    let limit = rules.elementLimit / max(1, width)
    var isKept = [Bool](repeating: true, count: symbols.count + units.count)
    if isKept.count > limit {
      isKept = Self.largest(rowMagnitudes(generators, width: width) + units.map { new[$0] }, count: limit)
      rules.mergedGenerators += isKept.count - limit
    }
    let old = isKept.count > limit ? keeping(Array(isKept[..<symbols.count])) : self

    var radius = old.radius
    var symbols = old.symbols
    var fresh: [Int] = []
    for (k, unit) in units.enumerated() {
      if isKept[self.symbols.count + k] {
        symbols.append(rules.nextSymbol)
        rules.nextSymbol += 1
        fresh.append(unit)
      } else {
        radius[unit] = (radius[unit] + new[unit]).nextUp
      }
    }
    var generators = old.generators
    generators.reserveCapacity(symbols.count * width)
    for unit in fresh {
      let start = generators.count
      generators.append(contentsOf: repeatElement(0, count: width))
      generators[start + unit] = new[unit]
    }
    return Zonotope(centre: centre, symbols: symbols, generators: generators, radius: radius)
  }

  /// At most as many of the largest generators as rows of the given width keep the limit.
  private func reduced(toRowsOf width: Int, rules: inout FormRules) -> Zonotope {
    let limit = rules.elementLimit / max(1, width)
    guard symbols.count > limit else { return self }
    rules.mergedGenerators += symbols.count - limit
    return keeping(Self.largest(rowMagnitudes(generators, width: self.width), count: limit))
  }

  /// The forms with some generators merged into the elements' own part, which forgets only what elements share.
  private func keeping(_ isKept: [Bool]) -> Zonotope {
    var kept: [Double] = []
    var merged: [Double] = []
    kept.reserveCapacity(isKept.count { $0 } * width)
    for (k, keep) in isKept.enumerated() where keep {
      kept.append(contentsOf: generators[k * width..<(k + 1) * width])
    }
    merged = [Double](repeating: 0, count: width)
    for (k, keep) in isKept.enumerated() where !keep {
      for i in 0..<width { merged[i] += generators[k * width + i].magnitude }
    }
    let excess = 1 + RoundingError.gamma(isKept.count + 4)
    return Zonotope(
      centre: centre, symbols: zip(symbols, isKept).filter { $1 }.map { $0.0 }, generators: kept,
      radius: zip(radius, merged).map { $1 == 0 ? $0 : (($0 + $1 * excess).nextUp) })
  }

  /// Which of several sizes are among the `count` largest; of equal ones the first.
  private static func largest(_ sizes: [Double], count: Int) -> [Bool] {
    guard sizes.count > count else { return [Bool](repeating: true, count: sizes.count) }
    var isKept = [Bool](repeating: false, count: sizes.count)
    for k in sizes.indices.sorted(by: { (sizes[$0], $1) > (sizes[$1], $0) }).prefix(count) { isKept[k] = true }
    return isKept
  }

  /// - Complexity: one product of the rows with each node's generators.
  static func addUpperBounds(of parts: [(form: Zonotope, coefficients: [Double])], to pass: inout BackwardPass<Double>)
  {
    let symbols = Set(parts.flatMap(\.form.symbols)).sorted()
    let column = Dictionary(uniqueKeysWithValues: zip(symbols, 0...))
    var combined = [Double](repeating: 0, count: pass.count * symbols.count)
    for (form, coefficients) in parts {
      let products = productsWithRows(coefficients, form.generators, count: pass.count, width: form.width)
      let reach = zip(form.reach, form.radius).map { $0 + $1 }
      let gamma = RoundingError.gamma(2 * form.width + 2 * parts.count + 16)
      coefficients.withUnsafeBufferPointer { rows in
        guard let base = rows.baseAddress else { return }
        for row in 0..<pass.count {
          let a = base + row * form.width
          for (k, symbol) in form.symbols.enumerated() {
            combined[row * symbols.count + (column[symbol] ?? 0)] += products[row * form.symbols.count + k]
          }
          pass.totals.add(
            ck_dot(a, form.centre, form.width) + ck_row_reach_f64(a, form.radius, form.width), to: row)
          pass.totals.addError(gamma * ck_row_reach_f64(a, reach, form.width) + RoundingError.underflow, to: row)
        }
      }
    }
    pass.addMagnitudes(combined, width: symbols.count)
  }
}
