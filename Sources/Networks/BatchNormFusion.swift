import Intervals

extension Network {
  /// The network with diagonal layers folded into the layers before them: batch norm, normalisation, added biases.
  ///
  /// A diagonal layer `d·(W·x + b) + e` that is the only reader of a dense, convolution or diagonal layer becomes
  /// part of it: `(d·W)·x + (d·b + e)`. For a convolution the factors must agree within each channel, for a dense
  /// map of several blocks between the blocks; otherwise, and where a product overflows or underflows, both
  /// layers stay.
  ///
  /// - Soundness: the fused layer's ``LinearLayer/coefficientError`` and ``LinearLayer/biasError`` cover those of
  ///   both layers and the rounding of the products, so that the real layer is still inside.
  /// - Complexity: linear in the number of coefficients.
  public func fusingDiagonals() -> Network {
    var readers = [Int](repeating: 0, count: nodes.count)
    for node in nodes {
      for source in node.sources { readers[source.index] += 1 }
    }
    readers[output.index] += 1

    var kept: [Node] = []
    var moved = [NodeID](repeating: NodeID(0), count: nodes.count)
    // How often each kept node is read.
    var keptReaders: [Int] = []
    for node in nodes {
      if case .linear(let layer, let source) = node.operation {
        let target = kept[moved[source.index].index]
        if keptReaders[target.id.index] == 1, case .linear(let earlier, let origin) = target.operation,
          let fused = earlier.scaled(by: layer)
        {
          kept[target.id.index] = Node(
            id: target.id, name: target.name, shape: node.shape, operation: .linear(fused, source: origin))
          keptReaders[target.id.index] = readers[node.id.index]
          moved[node.id.index] = target.id
          continue
        }
      }
      let operation = node.operation.movingSources { moved[$0.index] }
      let id = NodeID(kept.count)
      kept.append(Node(id: id, name: node.name, shape: node.shape, operation: operation))
      keptReaders.append(readers[node.id.index])
      moved[node.id.index] = id
    }
    return Network(nodes: kept, output: moved[output.index])
  }
}

extension LinearLayer {
  /// This layer followed by a diagonal one, as one layer; nil if the second is not diagonal or does not fit.
  fileprivate func scaled(by diagonal: LinearLayer) -> LinearLayer? {
    guard case .diagonal(let diagonalMap) = diagonal.map else { return nil }
    let factors = diagonalMap.factors
    var isExact = true
    let map: LinearMap
    switch self.map {
    case .dense(let dense):
      guard let rows = Self.period(of: factors, dense.rows),
        let weights = Self.scale(dense.weights, rows: rows, isExact: &isExact)
      else { return nil }
      map = .dense(DenseMap(rows: dense.rows, columns: dense.columns, blocks: dense.blocks, weights: weights))
    case .convolution(let convolution):
      let geometry = convolution.geometry
      guard let channels = Self.runs(of: factors, geometry.positions),
        let weights = Self.scale(convolution.weights, rows: channels, isExact: &isExact)
      else { return nil }
      map = .convolution(ConvolutionMap(geometry: geometry, weights: weights))
    case .diagonal(let earlier):
      guard let products = Self.scale(earlier.factors, rows: factors, isExact: &isExact) else { return nil }
      map = .diagonal(DiagonalMap(factors: products))
    case .gather:
      return nil
    }

    // |wf − ŵf̂| ≤ (e + e' + ee')|ŵf̂|, and a product rounded to ŵ' has |ŵf̂ − ŵ'| ≤ u|ŵf̂| ≤ u(1 + 2u)|ŵ'|.
    let first = Interval(coefficientError)
    let second = Interval(diagonal.coefficientError)
    var error = first.sum(second).sum(first.product(second))
    if !isExact {
      let unit = Interval(RoundingError.unit)
      error = (error + unit) * (Interval(1) + unit + unit)
    }

    var newBias = [Double](repeating: 0, count: bias.count)
    var newErrors = newBias
    for i in bias.indices {
      let factor = Interval(
        centre: factors[i],
        radius: diagonal.coefficientError == 0 ? 0 : (diagonal.coefficientError * factors[i].magnitude).nextUp)
      let before = Interval(centre: bias[i], radius: biasError.isEmpty ? 0 : biasError[i])
      let after = Interval(centre: diagonal.bias[i], radius: diagonal.biasError.isEmpty ? 0 : diagonal.biasError[i])
      (newBias[i], newErrors[i]) = factor.product(before).sum(after).centreAndRadius
      guard newErrors[i].isFinite else { return nil }
    }
    guard error.upper.isFinite else { return nil }
    return LinearLayer(
      map: map, bias: newBias, coefficientError: error.upper,
      biasError: newErrors.allSatisfy { $0 == 0 } ? [] : newErrors)
  }

  /// The weights with each row multiplied by its factor, or nil if a product leaves the range of normal numbers,
  /// where relative errors mean nothing.
  private static func scale(_ weights: [Double], rows factors: [Double], isExact: inout Bool) -> [Double]? {
    let length = weights.count / factors.count
    var result = weights
    for (row, factor) in factors.enumerated() where factor != 1 {
      for i in row * length..<(row + 1) * length {
        let weight = weights[i]
        let product = factor * weight
        result[i] = product
        if product == 0 {
          guard factor == 0 || weight == 0 else { return nil }
        } else {
          guard product.isFinite, product.magnitude >= .leastNormalMagnitude else { return nil }
          // The residual of a tiny product may itself underflow and look like zero.
          if product.magnitude < 0x1p-900 || (-product).addingProduct(factor, weight) != 0 { isExact = false }
        }
      }
    }
    return result
  }

  /// One period of a list that repeats itself with the given length, or nil if it does not.
  private static func period(of list: [Double], _ length: Int) -> [Double]? {
    for i in length..<max(length, list.count) where list[i] != list[i - length] { return nil }
    return Array(list.prefix(length))
  }

  /// One member of each run of equal elements of the given length, or nil if a run is not constant.
  private static func runs(of list: [Double], _ length: Int) -> [Double]? {
    for i in list.indices where list[i] != list[i - i % length] { return nil }
    return stride(from: 0, to: list.count, by: length).map { list[$0] }
  }
}
