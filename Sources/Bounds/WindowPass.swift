import CKernels
import Intervals
import Networks
import Tensors

/// Rows over single units of a convolution, pulled backwards as long as they reach a small part of the image only.
///
/// A row that starts at one unit of a convolution has coefficients in the kernel's window alone; one convolution
/// further back the window is a little larger. Rows of one node have windows of one size, so that they are pulled
/// through a convolution together. Windows keep a position's channels side
/// by side: a line of a window is then one long run, in the image and among a kernel's columns. ``BackwardPass`` takes
/// over where windows stop paying, or where something else than convolutions and ReLUs comes.
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
  /// `[count, windowHeight, windowWidth, channels]`.
  private var values: [Scalar]
  private var totals: RowTotals

  /// Rows `coefficient · unit` over units of a convolution, pulled through it; nil if the node is none, or if its windows
  /// would be larger than images.
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
    let windows = RowWindows(units: units, of: g)
    guard windows.areSmall else { return nil }
    self.windows = windows
    let kernels = ChannelsLastKernels(of: map, as: Scalar.self)
    let lines = kernels.lines.map { coefficient * $0 }
    let place = kernels.places(in: windows)
    var values = [Scalar](repeating: 0, count: windows.elementCount)
    values.withUnsafeMutableBufferPointer { values in
      lines.withUnsafeBufferPointer { lines in
        guard let values = values.baseAddress, let lines = lines.baseAddress else { return }
        for (row, unit) in units.enumerated() {
          let kernel = lines + unit / g.positions * kernels.width
          for (i, place) in place.enumerated() {
            (values + row * windows.area * g.channels + place).update(
              from: kernel + i * kernels.run, count: kernels.run)
          }
        }
      }
    }
    self.values = values
    totals = RowTotals(count: units.count, accountsForRounding: bounds.accountsForRounding)
    let reach = bounds.reach(of: start, layer, source: source, in: Scalar.self)
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
        guard case .convolution(let map) = layer.map, windows.areOver(outputOf: map.geometry),
          windows.area * 4 < windows.imageArea * 3, windows.pulled(through: map.geometry).areSmall
        else { return spread(by: relaxations) }
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
    let reach = bounds.reach(of: node, layer, source: source, in: Scalar.self)
    let (bias, units) = (windows.channelsLast(layer.bias), windows.channelsLast(reach.units))
    var sums = [ck_row_sums](repeating: ck_row_sums(), count: count)
    windows.with {
      Scalar.windowsMask(&$0, &values)
      Scalar.windowsSum(&$0, values, bias, reach: units, &sums)
    }
    for row in 0..<count {
      totals.add(sums[row].value, to: row)
      totals.addError(sums[row].reach + reach.underflow, to: row)
    }
    let pulled = windows.pulled(through: g)
    values = product(with: ChannelsLastKernels(of: map, as: Scalar.self), of: g, windows, into: pulled)
    self.windows = pulled
  }

  /// `Wᵀ·rows`.
  private func product(
    with kernels: ChannelsLastKernels<Scalar>, of g: ConvolutionGeometry, _ windows: RowWindows, into pulled: RowWindows
  ) -> [Scalar] {
    var kernel = ck_convolution()
    kernel.channels = g.channels
    (kernel.kernelHeight, kernel.kernelWidth) = (g.kernelHeight, g.kernelWidth)
    (kernel.strideHeight, kernel.strideWidth) = (g.strideHeight, g.strideWidth)
    (kernel.dilationHeight, kernel.dilationWidth) = (g.dilationHeight, g.dilationWidth)
    return [Scalar](unsafeUninitializedCapacity: pulled.elementCount) { sums, initialized in
      let workspace = UnsafeMutableRawPointer.allocate(
        byteCount: ck_windows_pull_workspace(&kernel, g.outputChannels, windows.windowHeight, windows.windowWidth),
        alignment: 64)
      defer { workspace.deallocate() }
      values.withUnsafeBufferPointer { values in
        kernels.lines.withUnsafeBufferPointer { lines in
          guard let values = values.baseAddress, let lines = lines.baseAddress, let sums = sums.baseAddress else {
            return
          }
          Scalar.windowsPull(
            &kernel, outputs: g.outputChannels, fromHeight: windows.windowHeight, fromWidth: windows.windowWidth,
            rows: count, lines, values, sums, workspace: workspace)
        }
      }
      initialized = pulled.elementCount
    }
  }

  /// As ``LinearRelaxation`` relaxes rows, on windows.
  private mutating func relax(_ lines: LinearRelaxation) {
    let windows = windows
    let lines = lines.channelsLast(in: windows)
    var sums = [ck_relaxed](repeating: ck_relaxed(), count: count)
    windows.with { windows in lines.withLines { Scalar.windowsRelax(&windows, along: $0, &values, &sums) } }
    for row in 0..<count {
      totals.add(sums[row].constant, to: row)
      totals.addError(lines.error(of: sums[row], in: Scalar.self), to: row)
    }
  }

  private mutating func concretise(over box: Box) {
    let (centre, radius) = box.centreAndRadius
    let gamma = RoundingError.gamma(2 * windows.elementCount / count + 16)
    var sums = [ck_row_sums](repeating: ck_row_sums(), count: count)
    windows.with {
      Scalar.windowsLargest(
        &$0, values, centre: windows.channelsLast(centre), radius: windows.channelsLast(radius), &sums)
    }
    for row in 0..<count {
      totals.add(sums[row].value, to: row)
      totals.addError(gamma * sums[row].reach + RoundingError.underflow, to: row)
    }
  }

  /// Hands the rows over to a pass over whole images.
  private func spread(by relaxations: [LinearRelaxation?]) -> [Double] {
    var rows = [Scalar](repeating: 0, count: count * windows.channels * windows.imageArea)
    windows.with { Scalar.windowsSpread(&$0, values, &rows) }
    var pass = BackwardPass(rows, count: count, over: node, regions: [bounds], totals: totals)
    return pass.upperBounds(by: [relaxations])
  }
}
