import CKernels
import Networks

/// A type in which backward passes store and multiply coefficients. All sums over a row are double precision.
public protocol RowScalar: AnalysisScalar {
  /// `Σ row·values` and `Σ |row|·reach` for each row, in any order.
  static func sum(
    _ rows: UnsafePointer<Self>, rows count: Int, _ values: UnsafePointer<Double>, reach: UnsafePointer<Double>,
    width: Int, _ sums: UnsafeMutablePointer<ck_row_sums>)
  /// `Σ row·centre + |row|·radius` for each row, and the sum of its terms' magnitudes.
  static func largest(
    _ rows: UnsafePointer<Self>, rows count: Int, centre: UnsafePointer<Double>, radius: UnsafePointer<Double>,
    width: Int, _ sums: UnsafeMutablePointer<ck_row_sums>)
  /// `Σ |row|·reach`.
  static func reach(_ row: UnsafePointer<Self>, _ reach: UnsafePointer<Double>, count: Int) -> Double
  /// Rows relaxed in place: see `ck_rows_relax`.
  static func relax(
    _ rows: UnsafeMutablePointer<Self>, rows count: Int, along lines: RelaxationLines, width: Int,
    _ sums: UnsafeMutablePointer<ck_relaxed>)
  /// Adds to each element.
  static func add(_ values: UnsafePointer<Self>, to sum: UnsafeMutablePointer<Self>, count: Int)
  /// The corner of a box where a row is largest: see `ck_corner_f64`.
  static func corner(
    _ row: UnsafePointer<Self>, _ lower: UnsafePointer<Double>, _ upper: UnsafePointer<Double>,
    into corner: UnsafeMutablePointer<Self>, count: Int)
  /// Pre-activations replaced by outputs along the lines that a row chose: see `ck_push_f64`.
  static func push(
    _ values: UnsafeMutablePointer<Self>, gradient: UnsafeMutablePointer<Double>, _ row: UnsafePointer<Self>,
    free: UnsafePointer<Double>, along lines: RelaxationLines, count: Int)

  /// As `sum(_:_:reach:count:)`, for each row of some windows, added to `sums`.
  static func windowsSum(
    _ windows: inout ck_windows, _ values: UnsafePointer<Self>, _ weights: UnsafePointer<Double>,
    reach: UnsafePointer<Double>, _ sums: UnsafeMutablePointer<ck_row_sums>)
  /// As `largest(_:centre:radius:count:)`, for each row of some windows, added to `sums`.
  static func windowsLargest(
    _ windows: inout ck_windows, _ values: UnsafePointer<Self>, centre: UnsafePointer<Double>,
    radius: UnsafePointer<Double>, _ sums: UnsafeMutablePointer<ck_row_sums>)
  /// As `relax(_:along:count:)`, for each row of some windows, added to `sums`.
  static func windowsRelax(
    _ windows: inout ck_windows, along lines: RelaxationLines, _ values: UnsafeMutablePointer<Self>,
    _ sums: UnsafeMutablePointer<ck_relaxed>)
  /// Sets what lies outside the image to zero.
  static func windowsMask(_ windows: inout ck_windows, _ values: UnsafeMutablePointer<Self>)
  /// Copies windows into rows over the whole image.
  static func windowsSpread(
    _ windows: inout ck_windows, _ values: UnsafePointer<Self>, _ rows: UnsafeMutablePointer<Self>)
  /// Pulls rows over windows back through a convolution: see `ck_windows_pull`.
  static func windowsPull(
    _ kernel: inout ck_convolution, outputs: Int, fromHeight: Int, fromWidth: Int, rows: Int,
    _ kernels: UnsafePointer<Self>, _ from: UnsafePointer<Self>, _ to: UnsafeMutablePointer<Self>,
    workspace: UnsafeMutableRawPointer)
}

/// The lines of a ``LinearRelaxation`` as C takes them, while they are borrowed.
public struct RelaxationLines {
  let lowerSlope, lowerOffset, upperSlope, upperOffset, reach: UnsafePointer<Double>
}

extension Double: RowScalar {
  public static func sum(
    _ rows: UnsafePointer<Double>, rows count: Int, _ values: UnsafePointer<Double>, reach: UnsafePointer<Double>,
    width: Int, _ sums: UnsafeMutablePointer<ck_row_sums>
  ) {
    ck_rows_sum_f64(rows, count, values, reach, width, sums)
  }

  public static func largest(
    _ rows: UnsafePointer<Double>, rows count: Int, centre: UnsafePointer<Double>, radius: UnsafePointer<Double>,
    width: Int, _ sums: UnsafeMutablePointer<ck_row_sums>
  ) {
    ck_rows_largest_f64(rows, count, centre, radius, width, sums)
  }

  public static func reach(_ row: UnsafePointer<Double>, _ reach: UnsafePointer<Double>, count: Int) -> Double {
    ck_row_reach_f64(row, reach, count)
  }

  public static func relax(
    _ rows: UnsafeMutablePointer<Double>, rows count: Int, along lines: RelaxationLines, width: Int,
    _ sums: UnsafeMutablePointer<ck_relaxed>
  ) {
    ck_rows_relax_f64(
      rows, count, lines.lowerSlope, lines.lowerOffset, lines.upperSlope, lines.upperOffset, lines.reach, width, sums)
  }

  public static func add(_ values: UnsafePointer<Double>, to sum: UnsafeMutablePointer<Double>, count: Int) {
    ck_add_f64(sum, values, count)
  }

  public static func corner(
    _ row: UnsafePointer<Double>, _ lower: UnsafePointer<Double>, _ upper: UnsafePointer<Double>,
    into corner: UnsafeMutablePointer<Double>, count: Int
  ) {
    ck_corner_f64(row, lower, upper, corner, count)
  }

  public static func push(
    _ values: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<Double>, _ row: UnsafePointer<Double>,
    free: UnsafePointer<Double>, along lines: RelaxationLines, count: Int
  ) {
    ck_push_f64(
      values, gradient, row, free, lines.lowerSlope, lines.lowerOffset, lines.upperSlope, lines.upperOffset, count)
  }

  public static func windowsSum(
    _ windows: inout ck_windows, _ values: UnsafePointer<Double>, _ weights: UnsafePointer<Double>,
    reach: UnsafePointer<Double>, _ sums: UnsafeMutablePointer<ck_row_sums>
  ) {
    ck_windows_sum_f64(&windows, values, weights, reach, sums)
  }

  public static func windowsLargest(
    _ windows: inout ck_windows, _ values: UnsafePointer<Double>, centre: UnsafePointer<Double>,
    radius: UnsafePointer<Double>, _ sums: UnsafeMutablePointer<ck_row_sums>
  ) {
    ck_windows_largest_f64(&windows, values, centre, radius, sums)
  }

  public static func windowsRelax(
    _ windows: inout ck_windows, along lines: RelaxationLines, _ values: UnsafeMutablePointer<Double>,
    _ sums: UnsafeMutablePointer<ck_relaxed>
  ) {
    ck_windows_relax_f64(
      &windows, lines.lowerSlope, lines.lowerOffset, lines.upperSlope, lines.upperOffset, lines.reach, values, sums)
  }

  public static func windowsMask(_ windows: inout ck_windows, _ values: UnsafeMutablePointer<Double>) {
    ck_windows_mask_f64(&windows, values)
  }

  public static func windowsSpread(
    _ windows: inout ck_windows, _ values: UnsafePointer<Double>, _ rows: UnsafeMutablePointer<Double>
  ) {
    ck_windows_spread_f64(&windows, values, rows)
  }

  public static func windowsPull(
    _ kernel: inout ck_convolution, outputs: Int, fromHeight: Int, fromWidth: Int, rows: Int,
    _ kernels: UnsafePointer<Double>, _ from: UnsafePointer<Double>, _ to: UnsafeMutablePointer<Double>,
    workspace: UnsafeMutableRawPointer
  ) {
    ck_windows_pull_f64(&kernel, outputs, fromHeight, fromWidth, rows, kernels, from, to, workspace)
  }
}

extension Float: RowScalar {
  public static func sum(
    _ rows: UnsafePointer<Float>, rows count: Int, _ values: UnsafePointer<Double>, reach: UnsafePointer<Double>,
    width: Int, _ sums: UnsafeMutablePointer<ck_row_sums>
  ) {
    ck_rows_sum_f32(rows, count, values, reach, width, sums)
  }

  public static func largest(
    _ rows: UnsafePointer<Float>, rows count: Int, centre: UnsafePointer<Double>, radius: UnsafePointer<Double>,
    width: Int, _ sums: UnsafeMutablePointer<ck_row_sums>
  ) {
    ck_rows_largest_f32(rows, count, centre, radius, width, sums)
  }

  public static func reach(_ row: UnsafePointer<Float>, _ reach: UnsafePointer<Double>, count: Int) -> Double {
    ck_row_reach_f32(row, reach, count)
  }

  public static func relax(
    _ rows: UnsafeMutablePointer<Float>, rows count: Int, along lines: RelaxationLines, width: Int,
    _ sums: UnsafeMutablePointer<ck_relaxed>
  ) {
    ck_rows_relax_f32(
      rows, count, lines.lowerSlope, lines.lowerOffset, lines.upperSlope, lines.upperOffset, lines.reach, width, sums)
  }

  public static func add(_ values: UnsafePointer<Float>, to sum: UnsafeMutablePointer<Float>, count: Int) {
    ck_add_f32(sum, values, count)
  }

  public static func corner(
    _ row: UnsafePointer<Float>, _ lower: UnsafePointer<Double>, _ upper: UnsafePointer<Double>,
    into corner: UnsafeMutablePointer<Float>, count: Int
  ) {
    ck_corner_f32(row, lower, upper, corner, count)
  }

  public static func push(
    _ values: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Double>, _ row: UnsafePointer<Float>,
    free: UnsafePointer<Double>, along lines: RelaxationLines, count: Int
  ) {
    ck_push_f32(
      values, gradient, row, free, lines.lowerSlope, lines.lowerOffset, lines.upperSlope, lines.upperOffset, count)
  }

  public static func windowsSum(
    _ windows: inout ck_windows, _ values: UnsafePointer<Float>, _ weights: UnsafePointer<Double>,
    reach: UnsafePointer<Double>, _ sums: UnsafeMutablePointer<ck_row_sums>
  ) {
    ck_windows_sum_f32(&windows, values, weights, reach, sums)
  }

  public static func windowsLargest(
    _ windows: inout ck_windows, _ values: UnsafePointer<Float>, centre: UnsafePointer<Double>,
    radius: UnsafePointer<Double>, _ sums: UnsafeMutablePointer<ck_row_sums>
  ) {
    ck_windows_largest_f32(&windows, values, centre, radius, sums)
  }

  public static func windowsRelax(
    _ windows: inout ck_windows, along lines: RelaxationLines, _ values: UnsafeMutablePointer<Float>,
    _ sums: UnsafeMutablePointer<ck_relaxed>
  ) {
    ck_windows_relax_f32(
      &windows, lines.lowerSlope, lines.lowerOffset, lines.upperSlope, lines.upperOffset, lines.reach, values, sums)
  }

  public static func windowsMask(_ windows: inout ck_windows, _ values: UnsafeMutablePointer<Float>) {
    ck_windows_mask_f32(&windows, values)
  }

  public static func windowsSpread(
    _ windows: inout ck_windows, _ values: UnsafePointer<Float>, _ rows: UnsafeMutablePointer<Float>
  ) {
    ck_windows_spread_f32(&windows, values, rows)
  }

  public static func windowsPull(
    _ kernel: inout ck_convolution, outputs: Int, fromHeight: Int, fromWidth: Int, rows: Int,
    _ kernels: UnsafePointer<Float>, _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutableRawPointer
  ) {
    ck_windows_pull_f32(&kernel, outputs, fromHeight, fromWidth, rows, kernels, from, to, workspace)
  }
}
