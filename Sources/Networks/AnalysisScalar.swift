import CKernels
import Intervals
import Tensors

/// In which precision an analysis computes its matrix products. Bounds hold in real arithmetic either way: what rounding
/// may have added is counted, and is some 10⁸ times as much in single precision.
public enum Precision: String, CaseIterable, Codable, Sendable {
  /// IEEE binary32: half the memory, twice the speed.
  case single
  /// IEEE binary64.
  case double
}

/// A floating-point type in which analyses compute matrix products.
///
/// Boxes, sums and error terms are double precision always; what is stored and multiplied in bulk is of this type.
public protocol AnalysisScalar: BLASScalar {
  /// Which of the two it is.
  static var precision: Precision { get }

  /// The unit roundoff: one operation is wrong by at most this fraction of its result.
  static var unitRoundoff: Double { get }

  /// More than all underflows of one sum can change.
  static var underflow: Double { get }

  /// The one of two arrays that is of this type; the other is not computed.
  static func choose(single: () -> [Float], double: () -> [Double]) -> [Self]

  /// The one of two that is of this type; the other is not computed.
  static func choose(
    single: () -> ConvolutionParts<Float>?, double: () -> ConvolutionParts<Double>?
  ) -> ConvolutionParts<Self>?

  /// `rows·matrix` where no row has more than two coefficients that are not zero; false, and nothing done, elsewhere.
  static func sparseProduct(
    _ rows: UnsafePointer<Self>, count: Int, _ matrix: UnsafePointer<Self>, inner: Int, columns: Int,
    into products: UnsafeMutablePointer<Self>
  ) -> Bool

  /// Products of a compressed matrix, or of its transpose, with vectors: see `ck_sparse_product`.
  static func compressedProduct(
    starts: UnsafePointer<Int32>, columns: UnsafePointer<Int32>, _ values: UnsafePointer<Self>, m: Int, n: Int,
    isTransposed: Bool, magnitudes: Bool, _ vectors: UnsafePointer<Self>, batch: Int,
    into products: UnsafeMutablePointer<Self>)

  /// Products of a matrix with centres, and of its magnitudes with radii: see `ck_dense_balls`.
  static func denseBalls(
    _ weights: UnsafePointer<Self>, rows: Int, columns: Int, batch: Int, centres: UnsafePointer<Self>,
    radii: UnsafePointer<Self>, middles: UnsafeMutablePointer<Self>, spreads: UnsafeMutablePointer<Self>)

  /// Centres and radii of a box, the latter inflated: see `ck_box_to_ball`. False where the box is unbounded.
  static func ball(
    _ lower: UnsafePointer<Double>, _ upper: UnsafePointer<Double>, count: Int, gamma: Double,
    centre: UnsafeMutablePointer<Self>, radius: UnsafeMutablePointer<Self>
  ) -> Bool

  /// The box around products of centres and of radii: see `ck_ball_to_box`.
  static func box(
    middle: UnsafePointer<Self>, spread: UnsafePointer<Self>, bias: UnsafePointer<Double>, count: Int, gamma: Double,
    lower: UnsafeMutablePointer<Double>, upper: UnsafeMutablePointer<Double>)

  /// A box as a corner, rounded down, and extents, rounded up: see `ck_box_to_corner`. False where the box is unbounded.
  /// A corner that nobody wants is not written.
  static func corner(
    _ lower: UnsafePointer<Double>, _ upper: UnsafePointer<Double>, count: Int,
    corner: UnsafeMutablePointer<Self>?, extent: UnsafeMutablePointer<Self>
  ) -> Bool

  /// Takes the magnitudes of a corner's elements, in their place.
  static func takeMagnitudes(of corner: UnsafeMutablePointer<Self>, count: Int)

  /// The box around products of corners, with weights and with their magnitudes, and of extents: see `ck_corner_to_box`.
  static func box(
    middle: UnsafePointer<Self>?, reach: UnsafePointer<Self>?,
    parts: (positive: UnsafePointer<Self>, negative: UnsafePointer<Self>), bias: UnsafePointer<Double>, count: Int,
    shares: CornerShares, lower: UnsafeMutablePointer<Double>, upper: UnsafeMutablePointer<Double>)
}

/// What parts of what was computed of a corner and of extents rounding and the coefficients' own errors may take.
public struct CornerShares {
  /// Rounding: of the product of extents that an end is moved by, and of a corner's.
  public let ofPart, ofReach: Double
  /// The coefficients' errors: of both products of extents.
  public let ofBoth: Double
}

extension AnalysisScalar {
  /// γ_k of this type, rounded up; infinite where sums are too long for it to say anything.
  public static func gamma(_ k: Int) -> Double {
    Double(k) * unitRoundoff < 0.5 ? RoundingError.gamma(k, unit: unitRoundoff) : .infinity
  }
}

extension Double: AnalysisScalar {
  public static var precision: Precision { .double }
  public static var unitRoundoff: Double { RoundingError.unit }
  public static var underflow: Double { RoundingError.underflow }

  public static func choose(single: () -> [Float], double: () -> [Double]) -> [Double] { double() }

  public static func choose(
    single: () -> ConvolutionParts<Float>?, double: () -> ConvolutionParts<Double>?
  ) -> ConvolutionParts<Double>? { double() }

  public static func sparseProduct(
    _ rows: UnsafePointer<Double>, count: Int, _ matrix: UnsafePointer<Double>, inner: Int, columns: Int,
    into products: UnsafeMutablePointer<Double>
  ) -> Bool {
    ck_sparse_rows_f64(rows, count, inner, matrix, columns, products) != 0
  }

  public static func compressedProduct(
    starts: UnsafePointer<Int32>, columns: UnsafePointer<Int32>, _ values: UnsafePointer<Double>, m: Int, n: Int,
    isTransposed: Bool, magnitudes: Bool, _ vectors: UnsafePointer<Double>, batch: Int,
    into products: UnsafeMutablePointer<Double>
  ) {
    (isTransposed ? ck_sparse_transposed_product_f64 : ck_sparse_product_f64)(
      starts, columns, values, m, n, magnitudes ? 1 : 0, vectors, batch, products)
  }

  public static func denseBalls(
    _ weights: UnsafePointer<Double>, rows: Int, columns: Int, batch: Int, centres: UnsafePointer<Double>,
    radii: UnsafePointer<Double>, middles: UnsafeMutablePointer<Double>, spreads: UnsafeMutablePointer<Double>
  ) {
    ck_dense_balls_f64(weights, rows, columns, batch, centres, radii, middles, spreads)
  }

  public static func ball(
    _ lower: UnsafePointer<Double>, _ upper: UnsafePointer<Double>, count: Int, gamma: Double,
    centre: UnsafeMutablePointer<Double>, radius: UnsafeMutablePointer<Double>
  ) -> Bool {
    ck_box_to_ball_f64(lower, upper, count, gamma, centre, radius) != 0
  }

  public static func box(
    middle: UnsafePointer<Double>, spread: UnsafePointer<Double>, bias: UnsafePointer<Double>, count: Int,
    gamma: Double, lower: UnsafeMutablePointer<Double>, upper: UnsafeMutablePointer<Double>
  ) {
    ck_ball_to_box_f64(middle, spread, bias, count, gamma, lower, upper)
  }

  public static func corner(
    _ lower: UnsafePointer<Double>, _ upper: UnsafePointer<Double>, count: Int,
    corner: UnsafeMutablePointer<Double>?, extent: UnsafeMutablePointer<Double>
  ) -> Bool {
    ck_box_to_corner_f64(lower, upper, count, corner, extent) != 0
  }

  public static func takeMagnitudes(of corner: UnsafeMutablePointer<Double>, count: Int) {
    ck_corner_magnitudes_f64(corner, count)
  }

  public static func box(
    middle: UnsafePointer<Double>?, reach: UnsafePointer<Double>?,
    parts: (positive: UnsafePointer<Double>, negative: UnsafePointer<Double>), bias: UnsafePointer<Double>, count: Int,
    shares: CornerShares, lower: UnsafeMutablePointer<Double>, upper: UnsafeMutablePointer<Double>
  ) {
    ck_corner_to_box_f64(
      middle, reach, parts.positive, parts.negative, bias, count, shares.ofPart, shares.ofReach, shares.ofBoth, lower,
      upper)
  }
}

extension Float: AnalysisScalar {
  public static var precision: Precision { .single }
  public static var unitRoundoff: Double { RoundingError.singleUnit }
  public static var underflow: Double { Double(Float.leastNormalMagnitude) }

  public static func choose(single: () -> [Float], double: () -> [Double]) -> [Float] { single() }

  public static func choose(
    single: () -> ConvolutionParts<Float>?, double: () -> ConvolutionParts<Double>?
  ) -> ConvolutionParts<Float>? { single() }

  public static func sparseProduct(
    _ rows: UnsafePointer<Float>, count: Int, _ matrix: UnsafePointer<Float>, inner: Int, columns: Int,
    into products: UnsafeMutablePointer<Float>
  ) -> Bool {
    ck_sparse_rows_f32(rows, count, inner, matrix, columns, products) != 0
  }

  public static func compressedProduct(
    starts: UnsafePointer<Int32>, columns: UnsafePointer<Int32>, _ values: UnsafePointer<Float>, m: Int, n: Int,
    isTransposed: Bool, magnitudes: Bool, _ vectors: UnsafePointer<Float>, batch: Int,
    into products: UnsafeMutablePointer<Float>
  ) {
    (isTransposed ? ck_sparse_transposed_product_f32 : ck_sparse_product_f32)(
      starts, columns, values, m, n, magnitudes ? 1 : 0, vectors, batch, products)
  }

  public static func denseBalls(
    _ weights: UnsafePointer<Float>, rows: Int, columns: Int, batch: Int, centres: UnsafePointer<Float>,
    radii: UnsafePointer<Float>, middles: UnsafeMutablePointer<Float>, spreads: UnsafeMutablePointer<Float>
  ) {
    ck_dense_balls_f32(weights, rows, columns, batch, centres, radii, middles, spreads)
  }

  public static func ball(
    _ lower: UnsafePointer<Double>, _ upper: UnsafePointer<Double>, count: Int, gamma: Double,
    centre: UnsafeMutablePointer<Float>, radius: UnsafeMutablePointer<Float>
  ) -> Bool {
    ck_box_to_ball_f32(lower, upper, count, gamma, centre, radius) != 0
  }

  public static func box(
    middle: UnsafePointer<Float>, spread: UnsafePointer<Float>, bias: UnsafePointer<Double>, count: Int,
    gamma: Double, lower: UnsafeMutablePointer<Double>, upper: UnsafeMutablePointer<Double>
  ) {
    ck_ball_to_box_f32(middle, spread, bias, count, gamma, lower, upper)
  }

  public static func corner(
    _ lower: UnsafePointer<Double>, _ upper: UnsafePointer<Double>, count: Int,
    corner: UnsafeMutablePointer<Float>?, extent: UnsafeMutablePointer<Float>
  ) -> Bool {
    ck_box_to_corner_f32(lower, upper, count, corner, extent) != 0
  }

  public static func takeMagnitudes(of corner: UnsafeMutablePointer<Float>, count: Int) {
    ck_corner_magnitudes_f32(corner, count)
  }

  public static func box(
    middle: UnsafePointer<Float>?, reach: UnsafePointer<Float>?,
    parts: (positive: UnsafePointer<Float>, negative: UnsafePointer<Float>), bias: UnsafePointer<Double>, count: Int,
    shares: CornerShares, lower: UnsafeMutablePointer<Double>, upper: UnsafeMutablePointer<Double>
  ) {
    ck_corner_to_box_f32(
      middle, reach, parts.positive, parts.negative, bias, count, shares.ofPart, shares.ofReach, shares.ofBoth, lower,
      upper)
  }
}
