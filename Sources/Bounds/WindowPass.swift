import CKernels
import Intervals
import Networks
import Tensors

/// Rows over single units of a convolution, pulled backwards as long as they reach a small part of the image only.
///
/// A row that starts at one unit of a convolution has coefficients in the kernel's window alone; one convolution
/// further back the window is a little larger. Rows of one node have windows of one size, so that pulling all of them
/// through a convolution is one matrix product and one addition of its columns. ``BackwardPass`` takes over where
/// windows stop paying, or where something else than convolutions and ReLUs comes.
///
/// - Soundness: as ``BackwardPass``: the same constants, the same error terms, over the elements inside the image.
/// - Source: windows are what Zhang et al. (auto_LiRPA) call patches; Xu et al. 2020, appendix.
struct WindowPass<Scalar: RowScalar> {
  private let bounds: RegionBounds
  /// The node over whose value the rows stand now.
  private var node: NodeID
  /// How many rows.
  private let count: Int
  private var windows: RowWindows
  /// `[channels, count, windowHeight, windowWidth]`.
  private var values: [Scalar]
  private var totals: RowTotals

  /// Rows `coefficient · unit` over units of a convolution, pulled through it; nil if the node is none.
  ///
  /// - Parameter coefficient: 1 or -1, so that the pulled rows are the kernels themselves.
  init?(units: [Int], coefficient: Scalar, of start: NodeID, bounds: RegionBounds) {
    guard case .linear(let layer, let source) = bounds.network[start].operation,
      case .convolution(let map) = layer.map
    else { return nil }
    let g = map.geometry
    self.bounds = bounds
    node = source
    count = units.count
    let positions = g.positions
    windows = RowWindows(
      channels: g.channels, height: g.height, width: g.width, windowHeight: (g.kernelHeight - 1) * g.dilationHeight + 1,
      windowWidth: (g.kernelWidth - 1) * g.dilationWidth + 1,
      tops: units.map { $0 % positions / g.outputWidth * g.strideHeight - g.padTop },
      lefts: units.map { $0 % g.outputWidth * g.strideWidth - g.padLeft })
    values = [Scalar](repeating: 0, count: windows.elementCount)
    let weights = layer.map.coefficients(in: Scalar.self)
    let groupChannels = g.channels / g.groups
    for (row, unit) in units.enumerated() {
      let output = unit / positions
      let firstChannel = output / (g.outputChannels / g.groups) * groupChannels
      for channel in 0..<groupChannels {
        for ky in 0..<g.kernelHeight {
          for kx in 0..<g.kernelWidth {
            let weight = weights[((output * groupChannels + channel) * g.kernelHeight + ky) * g.kernelWidth + kx]
            let window = (firstChannel + channel) * units.count + row
            values[
              (window * windows.windowHeight + ky * g.dilationHeight) * windows.windowWidth + kx * g.dilationWidth] =
              coefficient * weight
          }
        }
      }
    }
    totals = RowTotals(count: units.count, accountsForRounding: bounds.accountsForRounding)
    let reach = RoundingReach(of: layer, on: bounds.boxes[source.index], in: Scalar.self)
    for (row, unit) in units.enumerated() {
      totals.add(Double(coefficient) * layer.bias[unit], to: row)
      totals.addError(reach.units[unit] + reach.underflow, to: row)
    }
  }

  /// Upper bounds of the rows.
  ///
  /// - Parameter relaxations: lines for each activation, by node index; where there are none, its box is taken.
  mutating func upperBounds(by relaxations: [LinearRelaxation?]) -> [Double] {
    while true {
      let current = bounds.network[node]
      switch current.operation {
      case .input:
        concretise(over: bounds.input)
        return totals.upperBounds()
      case .activation(_, let source):
        guard let lines = relaxations[node.index] else {
          concretise(over: bounds.boxes[node.index])
          return totals.upperBounds()
        }
        relax(lines)
        node = source
      case .linear(let layer, let source):
        guard case .convolution(let map) = layer.map, windows.area * 4 < windows.imageArea * 3 else {
          return spread(by: relaxations)
        }
        pull(through: layer, map, source: source)
        node = source
      case .sum:
        return spread(by: relaxations)
      }
    }
  }

  private mutating func pull(through layer: LinearLayer, _ map: ConvolutionMap, source: NodeID) {
    let g = map.geometry
    let windows = windows
    windows.with { Scalar.windowsMask(&$0, &values) }
    addDot(layer.bias)
    let reach = RoundingReach(of: layer, on: bounds.boxes[source.index], in: Scalar.self)
    var errors = [Double](repeating: reach.underflow, count: count)
    windows.with { Scalar.windowsReach(&$0, values, reach.units, &errors) }
    for row in 0..<count { totals.addError(errors[row], to: row) }

    // columns = Wᵀ·rows, all rows and positions at once; then each column entry goes to its place.
    let positions = count * windows.area
    let groupOutputs = g.outputChannels / g.groups
    let weights = layer.map.coefficients(in: Scalar.self)
    let columns = [Scalar](unsafeUninitializedCapacity: g.groups * g.patchCount * positions) { columns, initialized in
      values.withUnsafeBufferPointer { values in
        weights.withUnsafeBufferPointer { weights in
          guard let to = columns.baseAddress, let from = values.baseAddress, let weights = weights.baseAddress else {
            return
          }
          for group in 0..<g.groups {
            Scalar.gemm(
              .transposed, .asStored, m: g.patchCount, n: positions, k: groupOutputs, alpha: 1,
              weights + group * groupOutputs * g.patchCount, lda: g.patchCount, from + group * groupOutputs * positions,
              ldb: positions, beta: 0, to + group * g.patchCount * positions, ldc: positions)
          }
        }
      }
      initialized = g.groups * g.patchCount * positions
    }
    let pulled = windows.pulled(through: g)
    var kernel = ck_convolution()
    (kernel.kernelHeight, kernel.kernelWidth) = (g.kernelHeight, g.kernelWidth)
    (kernel.strideHeight, kernel.strideWidth) = (g.strideHeight, g.strideWidth)
    (kernel.dilationHeight, kernel.dilationWidth) = (g.dilationHeight, g.dilationWidth)
    values = [Scalar](unsafeUninitializedCapacity: pulled.elementCount) { values, initialized in
      pulled.with {
        guard let values = values.baseAddress else { return }
        Scalar.windowsFold(
          &$0, &kernel, fromHeight: windows.windowHeight, fromWidth: windows.windowWidth, columns, values)
      }
      initialized = pulled.elementCount
    }
    self.windows = pulled
  }

  /// As ``LinearRelaxation`` relaxes rows, on windows.
  private mutating func relax(_ lines: LinearRelaxation) {
    let windows = windows
    var sums = [ck_relaxed](repeating: ck_relaxed(), count: count)
    windows.with { windows in lines.withLines { Scalar.windowsRelax(&windows, along: $0, &values, &sums) } }
    for row in 0..<count {
      totals.add(sums[row].constant, to: row)
      totals.addError(lines.error(of: sums[row], in: Scalar.self), to: row)
    }
  }

  private mutating func concretise(over box: Box) {
    let (centre, radius) = box.centreAndRadius
    let reach = zip(centre, radius).map { $0.magnitude + $1 }
    let gamma = RoundingError.gamma(2 * windows.elementCount / count + 16)
    var largest = [Double](repeating: 0, count: count)
    var size = largest
    windows.with {
      Scalar.windowsDot(&$0, values, centre, &largest)
      Scalar.windowsReach(&$0, values, radius, &largest)
      Scalar.windowsReach(&$0, values, reach, &size)
    }
    for row in 0..<count {
      totals.add(largest[row], to: row)
      totals.addError(gamma * size[row] + RoundingError.underflow, to: row)
    }
  }

  /// Hands the rows over to a pass over whole images.
  private func spread(by relaxations: [LinearRelaxation?]) -> [Double] {
    var rows = [Scalar](repeating: 0, count: count * windows.channels * windows.imageArea)
    windows.with { Scalar.windowsSpread(&$0, values, &rows) }
    var pass = BackwardPass(rows, count: count, over: node, regions: [bounds], totals: totals)
    return pass.upperBounds(by: [relaxations])
  }

  private mutating func addDot(_ weights: [Double]) {
    var sums = [Double](repeating: 0, count: count)
    windows.with { Scalar.windowsDot(&$0, values, weights, &sums) }
    for row in 0..<count { totals.add(sums[row], to: row) }
  }
}
