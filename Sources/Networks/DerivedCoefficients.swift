import Intervals
import Synchronization
import Tensors

/// What analyses want of a linear map's coefficients besides themselves: magnitudes, copies in single precision, sums of
/// blocks, lists by sign. Each is computed when it is first asked for and kept; a network that is only read, run or written
/// needs none, and each is as large as the coefficients, half of it or, for lists, half as large again.
final class DerivedCoefficients: Sendable {
  private struct State {
    var magnitudes: [Double]?
    var single: (values: [Float], error: Double)?
    var singleMagnitudes: [Float]?
    var blockNorms: [Double]?
    var sparse: [Double]?
    var singleSparse: [Float]?
    var parts: ConvolutionParts<Double>??
    var singleParts: ConvolutionParts<Float>??
  }
  private let state = Mutex(State())

  /// The absolute values of the coefficients, which are the same at every call.
  func magnitudes(of coefficients: [Double]) -> [Double] {
    kept(\.magnitudes) { coefficients.map(\.magnitude) }
  }

  /// The coefficients in single precision, and by what part of themselves they were rounded at most: nothing where the
  /// file held single precision; infinite where some are too large or too small.
  func single(_ coefficients: [Double]) -> (values: [Float], error: Double) {
    kept(\.single) {
      let values = coefficients.map { Float($0) }
      if zip(values, coefficients).allSatisfy({ Double($0) == $1 }) { return (values, 0) }
      let areNormal = zip(values, coefficients).allSatisfy { $0.isNormal || ($0 == 0 && $1 == 0) }
      return (values, areNormal ? RoundingError.singleUnit : .infinity)
    }
  }

  /// The absolute values of the coefficients in single precision.
  func singleMagnitudes(of coefficients: [Double]) -> [Float] {
    let values = single(coefficients).values
    return kept(\.singleMagnitudes) { values.map(\.magnitude) }
  }

  /// The coefficients that are not zero, in their order, in the type that a product wants.
  func sparse<Scalar: AnalysisScalar>(_ pattern: SparsePattern, of coefficients: [Double]) -> [Scalar] {
    Scalar.choose(
      single: { kept(\.singleSparse) { pattern.positions.map { Float(coefficients[$0]) } } },
      double: { kept(\.sparse) { pattern.positions.map { coefficients[$0] } } })
  }

  /// The positive and negative weights of a convolution, where products with both at once are the faster way.
  func parts(of coefficients: [Double], _ geometry: ConvolutionGeometry) -> ConvolutionParts<Double>? {
    kept(\.parts) { ConvolutionParts(of: coefficients, geometry) }
  }

  /// The same in single precision.
  func singleParts(of coefficients: [Double], _ geometry: ConvolutionGeometry) -> ConvolutionParts<Float>? {
    let values = single(coefficients).values
    return kept(\.singleParts) { ConvolutionParts(of: values, geometry) }
  }

  /// The sums of magnitudes in consecutive blocks of each row, rounded up.
  func blockNorms(of coefficients: [Double], rowLength: Int, blockLength: Int) -> [Double] {
    kept(\.blockNorms) {
      let up = 1 + RoundingError.gamma(blockLength + 16)
      return stride(from: 0, to: coefficients.count, by: rowLength).flatMap { row in
        stride(from: row, to: row + rowLength, by: blockLength).map { start in
          coefficients[start..<min(start + blockLength, row + rowLength)].reduce(0) { $0 + $1.magnitude } * up
        }
      }
    }
  }

  private func kept<Value: Sendable>(
    _ place: WritableKeyPath<State, Value?> & Sendable, _ compute: () -> Value
  ) -> Value {
    state.withLock { state in
      if let known = state[keyPath: place] { return known }
      let value = compute()
      state[keyPath: place] = value
      return value
    }
  }
}
