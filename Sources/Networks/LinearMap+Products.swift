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
  public func apply(_ inputs: [Double], batch: Int, _ coefficients: Coefficients = .signed) -> [Double] {
    precondition(
      inputs.count == batch * inputCount, "\(inputs.count) elements are not \(batch) inputs of \(inputCount)")
    return Self.filling(batch * outputCount, from: inputs) { input, output in
      switch self {
      case .dense(let map):
        Double.gemm(
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

  /// `Wᵀ·y` (or `|W|ᵀ·y`) for each of `batch` vectors: rows of coefficients pulled back to the input.
  ///
  /// - Parameters:
  ///   - outputs: `batch · outputCount` elements.
  ///   - batch: how many vectors.
  ///   - coefficients: the map's own coefficients, or their absolute values.
  /// - Returns: `batch · inputCount` elements.
  /// - Complexity: as ``apply(_:batch:_:)``.
  public func applyTransposed(_ outputs: [Double], batch: Int, _ coefficients: Coefficients = .signed) -> [Double] {
    precondition(
      outputs.count == batch * outputCount, "\(outputs.count) elements are not \(batch) outputs of \(outputCount)")
    return Self.filling(batch * inputCount, from: outputs) { output, input in
      switch self {
      case .dense(let map):
        Double.gemm(
          .asStored, .asStored, m: batch * map.blocks, n: map.columns, k: map.rows, alpha: 1, output,
          lda: map.rows, map.chosen(coefficients), ldb: map.columns, beta: 0, input, ldc: map.columns)
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

  private static func filling(
    _ count: Int, from inputs: [Double],
    _ body: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  ) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      inputs.withUnsafeBufferPointer { input in
        // Both are non-empty: shapes have at least one element and a batch at least one vector.
        if let from = input.baseAddress, let to = buffer.baseAddress { body(from, to) }
      }
      initialized = count
    }
  }
}

extension DenseMap {
  fileprivate func chosen(_ coefficients: Coefficients) -> [Double] {
    coefficients == .signed ? weights : magnitudes
  }
}

extension ConvolutionMap {
  fileprivate func chosen(_ coefficients: Coefficients) -> [Double] {
    coefficients == .signed ? weights : magnitudes
  }
}

extension DiagonalMap {
  fileprivate func scale(
    _ input: UnsafePointer<Double>, batch: Int, _ coefficients: Coefficients, into output: UnsafeMutablePointer<Double>
  ) {
    let factors = coefficients == .signed ? factors : magnitudes
    for vector in 0..<batch {
      let offset = vector * factors.count
      for i in factors.indices { output[offset + i] = input[offset + i] * factors[i] }
    }
  }
}
