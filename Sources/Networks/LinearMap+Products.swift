import Tensors

/// Products with a batch of vectors stored one after the other.
extension LinearMap {
  /// `W·x` (or `|W|·x`) for each of `batch` vectors.
  ///
  /// - Parameters:
  ///   - inputs: `batch · inputCount` elements.
  ///   - batch: how many vectors.
  ///   - coefficients: the map's own coefficients, or their absolute values.
  /// - Returns: `batch · outputCount` elements.
  /// - Complexity: one multiply-add for each coefficient and position it applies to.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  public func apply<Scalar: AnalysisScalar>(
    _ inputs: [Scalar], batch: Int, _ coefficients: Coefficients = .signed
  ) -> [Scalar] {
    precondition(
      inputs.count == batch * inputCount, "\(inputs.count) elements are not \(batch) inputs of \(inputCount)")
    return Self.filling(batch * outputCount, from: inputs) { input, output in
      switch self {
      case .dense(let map):
        if let sparse = map.sparse {
          return sparse.multiply(
            map.derived.sparse(sparse, of: map.weights), coefficients, isTransposed: false, input,
            batch: batch * map.blocks, into: output)
        }
        Scalar.gemm(
          .asStored, .transposed, m: batch * map.blocks, n: map.rows, k: map.columns, alpha: 1, input,
          lda: map.columns, map.chosen(coefficients), ldb: map.columns, beta: 0, output, ldc: map.rows)
      case .convolution(let map):
        map.geometry.apply(map.chosen(coefficients), to: input, batch: batch, into: output)
      case .diagonal(let map):
        map.scale(input, batch: batch, coefficients, into: output)
      case .gather(let map):
        for vector in 0..<batch {
          let from = input + vector * map.inputCount
          let to = output + vector * map.sources.count
          for (i, source) in map.sources.enumerated() { to[i] = source < 0 ? 0 : from[source] }
        }
      }
    }
  }

  /// `W·c` and `|W|·r` for centres c and radii r of `batch` boxes.
  ///
  /// - Complexity: two products; a matrix is read once for both.
  func apply<Scalar: AnalysisScalar>(
    centres: [Scalar], radii: [Scalar], batch: Int
  ) -> (middles: [Scalar], spreads: [Scalar]) {
    guard case .dense(let map) = self, map.sparse == nil else {
      return (apply(centres, batch: batch), apply(radii, batch: batch, .magnitudes))
    }
    var spreads: [Scalar] = []
    let middles = Self.filling(batch * outputCount, from: centres) { centres, middles in
      spreads = Self.filling(batch * outputCount, from: radii) { radii, spreads in
        Scalar.denseBalls(
          map.chosen(.signed), rows: map.rows, columns: map.columns, batch: batch * map.blocks, centres: centres,
          radii: radii, middles: middles, spreads: spreads)
      }
    }
    return (middles, spreads)
  }

  /// W⁺ = max(W, 0) and W⁻ = max(−W, 0), where products with both at once are faster than with W and |W|: convolutions.
  func parts<Scalar: AnalysisScalar>(in type: Scalar.Type) -> ConvolutionParts<Scalar>? {
    guard case .convolution(let map) = self else { return nil }
    return Scalar.choose(
      single: { map.derived.singleParts(of: map.weights, map.geometry) },
      double: { map.derived.parts(of: map.weights, map.geometry) })
  }

  /// `Wᵀ·y` (or `|W|ᵀ·y`) for each of `batch` vectors: rows of coefficients pulled back to the input.
  ///
  /// - Parameters:
  ///   - outputs: `batch · outputCount` elements.
  ///   - batch: how many vectors.
  ///   - coefficients: the map's own coefficients, or their absolute values.
  /// - Returns: `batch · inputCount` elements.
  /// - Complexity: as ``apply(_:batch:_:)``.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  public func applyTransposed<Scalar: AnalysisScalar>(
    _ outputs: [Scalar], batch: Int, _ coefficients: Coefficients = .signed
  ) -> [Scalar] {
    precondition(
      outputs.count == batch * outputCount, "\(outputs.count) elements are not \(batch) outputs of \(outputCount)")
    return Self.filling(batch * inputCount, from: outputs) { output, input in
      switch self {
      case .dense(let map):
        if let sparse = map.sparse {
          return sparse.multiply(
            map.derived.sparse(sparse, of: map.weights), coefficients, isTransposed: true, output,
            batch: batch * map.blocks, into: input)
        }
        let weights: [Scalar] = map.chosen(coefficients)
        // Rows over single units and margins are nearly all zeros.
        if Scalar.sparseProduct(
          output, count: batch * map.blocks, weights, inner: map.rows, columns: map.columns, into: input)
        {
          return
        }
        Scalar.gemm(
          .asStored, .asStored, m: batch * map.blocks, n: map.columns, k: map.rows, alpha: 1, output,
          lda: map.rows, weights, ldb: map.columns, beta: 0, input, ldc: map.columns)
      case .convolution(let map):
        map.geometry.applyTransposed(map.chosen(coefficients), to: output, batch: batch, into: input)
      case .diagonal(let map):
        map.scale(output, batch: batch, coefficients, into: input)
      case .gather(let map):
        input.update(repeating: 0, count: batch * map.inputCount)
        for vector in 0..<batch {
          let from = output + vector * map.sources.count
          let to = input + vector * map.inputCount
          for (i, source) in map.sources.enumerated() where source >= 0 { to[source] += from[i] }
        }
      }
    }
  }

  @inline(__always)
  private static func filling<Scalar: AnalysisScalar>(
    _ count: Int, from inputs: [Scalar],
    _ body: (UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
  ) -> [Scalar] {
    [Scalar](unsafeUninitializedCapacity: count) { buffer, initialized in
      inputs.withUnsafeBufferPointer { input in
        // Both are non-empty: shapes have at least one element and a batch at least one vector.
        if let from = input.baseAddress, let to = buffer.baseAddress { body(from, to) }
      }
      initialized = count
    }
  }
}

extension DerivedCoefficients {
  /// A map's coefficients or their magnitudes, in the type that a product wants.
  fileprivate func chosen<Scalar: AnalysisScalar>(_ which: Coefficients, of coefficients: [Double]) -> [Scalar] {
    switch which {
    case .signed: Scalar.choose(single: { single(coefficients).values }, double: { coefficients })
    case .magnitudes:
      Scalar.choose(single: { singleMagnitudes(of: coefficients) }, double: { magnitudes(of: coefficients) })
    }
  }
}

extension DenseMap {
  fileprivate func chosen<Scalar: AnalysisScalar>(_ coefficients: Coefficients) -> [Scalar] {
    derived.chosen(coefficients, of: weights)
  }
}

extension ConvolutionMap {
  fileprivate func chosen<Scalar: AnalysisScalar>(_ coefficients: Coefficients) -> [Scalar] {
    derived.chosen(coefficients, of: weights)
  }
}

extension DiagonalMap {
  @inline(__always)
  fileprivate func scale<Scalar: AnalysisScalar>(
    _ input: UnsafePointer<Scalar>, batch: Int, _ coefficients: Coefficients, into output: UnsafeMutablePointer<Scalar>
  ) {
    let factors: [Scalar] = derived.chosen(coefficients, of: factors)
    for vector in 0..<batch {
      let offset = vector * factors.count
      for i in factors.indices { output[offset + i] = input[offset + i] * factors[i] }
    }
  }
}

extension LinearMap {
  /// The coefficients in the type that a product wants, as stored.
  ///
  /// - Returns: nothing for a map without coefficients.
  public func coefficients<Scalar: AnalysisScalar>(in type: Scalar.Type) -> [Scalar] {
    switch self {
    case .dense(let map): map.chosen(.signed)
    case .convolution(let map): map.chosen(.signed)
    case .diagonal(let map): map.derived.chosen(.signed, of: map.factors)
    case .gather: []
    }
  }

  /// By what part of itself each coefficient was rounded at most when it was stored in a type.
  public func conversionError<Scalar: AnalysisScalar>(to type: Scalar.Type) -> Double {
    guard Scalar.precision == .single else { return 0 }
    return switch self {
    case .dense(let map): map.derived.single(map.weights).error
    case .convolution(let map): map.derived.single(map.weights).error
    case .diagonal(let map): map.derived.single(map.factors).error
    case .gather: 0
    }
  }
}
