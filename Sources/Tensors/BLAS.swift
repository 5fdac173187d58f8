import CKernels
import COpenBLAS

/// Whether an operand of a matrix product is read as stored or transposed.
public enum Transposition: Sendable {
  case asStored, transposed

  var flag: CBLAS_TRANSPOSE { self == .asStored ? CblasNoTrans : CblasTrans }
}

/// The two floating-point types that BLAS and the kernels of convolutions serve.
///
/// Generic code pays one indirect call for each *matrix*, never for each element.
public protocol BLASScalar: BinaryFloatingPoint, Sendable {
  /// `c = alpha·op(a)·op(b) + beta·c`, row-major; op(a) is m×k, op(b) is k×n, c is m×n.
  ///
  /// `lda`, `ldb` and `ldc` are the distances between stored rows. The sums run in an order that depends
  /// on the processor and on the sizes, never on thread timing.
  static func gemm(
    _ transA: Transposition, _ transB: Transposition, m: Int, n: Int, k: Int, alpha: Self,
    _ a: UnsafePointer<Self>, lda: Int, _ b: UnsafePointer<Self>, ldb: Int, beta: Self,
    _ c: UnsafeMutablePointer<Self>, ldc: Int)

  /// Writes the patches that each output position of a convolution reads as matrix columns.
  static func unfold(
    _ geometry: inout ck_convolution, _ image: UnsafePointer<Self>, _ columns: UnsafeMutablePointer<Self>)

  /// Adds each column entry to the image element it was read from: the transpose of ``unfold(_:_:_:)``.
  static func fold(
    _ geometry: inout ck_convolution, _ columns: UnsafePointer<Self>, _ image: UnsafeMutablePointer<Self>)

  /// A whole convolution of a batch of images, or transposed of outputs, without unfolding; see `ck_convolve`.
  static func convolve(
    _ geometry: inout ck_convolution, outputChannels: Int, groups: Int, batch: Int, transposed: Bool,
    _ weights: UnsafePointer<Self>, _ source: UnsafePointer<Self>, _ result: UnsafeMutablePointer<Self>,
    workspace: UnsafeMutableRawPointer)

  /// The lists of a convolution's positive and negative weights; see `ck_list_parts`.
  static func listParts(
    _ geometry: inout ck_convolution, outputChannels: Int, groups: Int, _ weights: UnsafePointer<Self>,
    into list: UnsafeMutableRawPointer)

  /// Products with a convolution's positive and negative weights; see `ck_convolve_parts`.
  static func convolveParts(
    _ geometry: inout ck_convolution, outputChannels: Int, groups: Int, batch: Int, _ list: UnsafeRawPointer,
    _ images: UnsafePointer<Self>, positives: UnsafeMutablePointer<Self>, negatives: UnsafeMutablePointer<Self>,
    workspace: UnsafeMutableRawPointer)

  /// Adds the gradient with respect to a convolution's weights for the first images of a batch; returns for how many. See
  /// `ck_convolution_gradient`.
  static func convolutionGradient(
    _ geometry: inout ck_convolution, outputChannels: Int, groups: Int, batch: Int, images: UnsafePointer<Self>,
    outputGradients: UnsafePointer<Self>, _ weights: UnsafeMutablePointer<Self>, workspace: UnsafeMutableRawPointer
  ) -> Int
}

extension Double: BLASScalar {
  public static func gemm(
    _ transA: Transposition, _ transB: Transposition, m: Int, n: Int, k: Int, alpha: Double,
    _ a: UnsafePointer<Double>, lda: Int, _ b: UnsafePointer<Double>, ldb: Int, beta: Double,
    _ c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    cblas_dgemm(
      CblasRowMajor, transA.flag, transB.flag, Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda), b,
      Int32(ldb), beta, c, Int32(ldc))
  }

  public static func unfold(
    _ geometry: inout ck_convolution, _ image: UnsafePointer<Double>, _ columns: UnsafeMutablePointer<Double>
  ) {
    ck_unfold_f64(&geometry, image, columns)
  }

  public static func fold(
    _ geometry: inout ck_convolution, _ columns: UnsafePointer<Double>, _ image: UnsafeMutablePointer<Double>
  ) {
    ck_fold_f64(&geometry, columns, image)
  }

  public static func convolve(
    _ geometry: inout ck_convolution, outputChannels: Int, groups: Int, batch: Int, transposed: Bool,
    _ weights: UnsafePointer<Double>, _ source: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>,
    workspace: UnsafeMutableRawPointer
  ) {
    ck_convolve_f64(
      &geometry, outputChannels, groups, batch, transposed ? 1 : 0, weights, source, result, workspace)
  }

  public static func listParts(
    _ geometry: inout ck_convolution, outputChannels: Int, groups: Int, _ weights: UnsafePointer<Double>,
    into list: UnsafeMutableRawPointer
  ) {
    ck_list_parts_f64(&geometry, outputChannels, groups, weights, list)
  }

  public static func convolveParts(
    _ geometry: inout ck_convolution, outputChannels: Int, groups: Int, batch: Int, _ list: UnsafeRawPointer,
    _ images: UnsafePointer<Double>, positives: UnsafeMutablePointer<Double>, negatives: UnsafeMutablePointer<Double>,
    workspace: UnsafeMutableRawPointer
  ) {
    ck_convolve_parts_f64(&geometry, outputChannels, groups, batch, list, images, positives, negatives, workspace)
  }

  public static func convolutionGradient(
    _ geometry: inout ck_convolution, outputChannels: Int, groups: Int, batch: Int, images: UnsafePointer<Double>,
    outputGradients: UnsafePointer<Double>, _ weights: UnsafeMutablePointer<Double>, workspace: UnsafeMutableRawPointer
  ) -> Int {
    ck_convolution_gradient_f64(
      &geometry, outputChannels, groups, batch, images, outputGradients, weights, workspace)
  }
}

extension Float: BLASScalar {
  public static func gemm(
    _ transA: Transposition, _ transB: Transposition, m: Int, n: Int, k: Int, alpha: Float,
    _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int, beta: Float,
    _ c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, transA.flag, transB.flag, Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda), b,
      Int32(ldb), beta, c, Int32(ldc))
  }

  public static func unfold(
    _ geometry: inout ck_convolution, _ image: UnsafePointer<Float>, _ columns: UnsafeMutablePointer<Float>
  ) {
    ck_unfold_f32(&geometry, image, columns)
  }

  public static func fold(
    _ geometry: inout ck_convolution, _ columns: UnsafePointer<Float>, _ image: UnsafeMutablePointer<Float>
  ) {
    ck_fold_f32(&geometry, columns, image)
  }

  public static func convolve(
    _ geometry: inout ck_convolution, outputChannels: Int, groups: Int, batch: Int, transposed: Bool,
    _ weights: UnsafePointer<Float>, _ source: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutableRawPointer
  ) {
    ck_convolve_f32(
      &geometry, outputChannels, groups, batch, transposed ? 1 : 0, weights, source, result, workspace)
  }

  public static func listParts(
    _ geometry: inout ck_convolution, outputChannels: Int, groups: Int, _ weights: UnsafePointer<Float>,
    into list: UnsafeMutableRawPointer
  ) {
    ck_list_parts_f32(&geometry, outputChannels, groups, weights, list)
  }

  public static func convolveParts(
    _ geometry: inout ck_convolution, outputChannels: Int, groups: Int, batch: Int, _ list: UnsafeRawPointer,
    _ images: UnsafePointer<Float>, positives: UnsafeMutablePointer<Float>, negatives: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutableRawPointer
  ) {
    ck_convolve_parts_f32(&geometry, outputChannels, groups, batch, list, images, positives, negatives, workspace)
  }

  public static func convolutionGradient(
    _ geometry: inout ck_convolution, outputChannels: Int, groups: Int, batch: Int, images: UnsafePointer<Float>,
    outputGradients: UnsafePointer<Float>, _ weights: UnsafeMutablePointer<Float>, workspace: UnsafeMutableRawPointer
  ) -> Int {
    ck_convolution_gradient_f32(
      &geometry, outputChannels, groups, batch, images, outputGradients, weights, workspace)
  }
}

/// Which matrix kernels OpenBLAS runs.
public enum BLASKernels {
  /// Makes OpenBLAS use one thread and the widest vectors of this processor, whatever
  /// `OPENBLAS_CORETYPE` says; a name such as `Haswell` forces that set instead.
  ///
  /// Call once when the program starts, before any matrix product.
  ///
  /// - Returns: the name of the kernel set in use, for results and benchmarks to record.
  @discardableResult
  public static func select(_ name: String = "auto") -> String {
    guard let chosen = ck_select_blas_kernels(name) else { return "unknown" }
    return String(cString: chosen)
  }
}
