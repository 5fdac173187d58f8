import Tensors

/// The passes of the images themselves through a network with batch normalisations, in train mode: what a normalisation
/// does depends on the whole batch, so the chunks go from one to the next together.
///
/// The statistics are the clean batch's. Attacks and boxes use them as they are; but they are no constants: the robust
/// loss's gradient reaches the images' pass through them, also where the natural loss does not count.
struct CleanPass {
  let stack: LayerStack
  let chunks: ArraySlice<Chunk>
  let workers: Workers
  let parameters: Parameters

  private var images: Int { chunks.reduce(0) { $0 + $1.batch } }

  /// Runs a body on each chunk and returns what it gives, in the order of the chunks.
  private func onChunks<Result: Sendable>(_ body: @Sendable (Chunk) -> Result) -> [Result] {
    workers.map(chunks.indices) { [chunks] in body(chunks[$0]) }
  }

  /// Propagates loaded chunks up to the last batch normalisation's input, and puts its and the others' factors and
  /// shifts into the parameters.
  ///
  /// - Returns: the batch's statistics, one for each batch normalisation.
  func forward() -> [BatchNormalisation.Statistics] {
    var start = 0
    return stack.batchNormalisations.map { index, layer in
      let (from, parameters) = (start, parameters)
      let count = Double(images * layer.area)
      let sums = onChunks { chunk in
        chunk.point.forward(from..<index, batch: chunk.batch, parameters: parameters.values.pointer)
        return layer.sums(chunk.point.values[index].pointer, batch: chunk.batch)
      }
      let means = total(sums).map { $0 / count }
      let squares = onChunks { chunk in
        layer.sums(chunk.point.values[index].pointer, batch: chunk.batch, about: means)
      }
      let statistics = BatchNormalisation.Statistics(means: means, variances: total(squares).map { $0 / count })
      parameters.normalise(layer, at: stack.offsets[index], by: statistics)
      start = index
      return statistics
    }
  }

  /// Differentiates the images' pass, once all other gradients are in the chunks: adds the natural loss's gradient and
  /// what reaches the images through the statistics.
  ///
  /// - Parameter natural: whether the natural loss counts.
  func backward(_ statistics: [BatchNormalisation.Statistics], natural: Bool) {
    let layers = stack.batchNormalisations
    var end = stack.layers.count
    var started = natural
    for (number, (index, layer)) in layers.enumerated().reversed() {
      let (upper, parameters, goesOn) = (end, parameters, started)
      let seeds = onChunks { chunk in
        goesOn
          ? chunk.differentiatePoints(index..<upper, parameters, needsInput: true) : chunk.noPointGradient(at: index)
      }
      let offset = stack.offsets[index]
      let pulls = (0..<layer.channels).map { channel in
        func sum(_ place: Int) -> Double {
          chunks.reduce(0) { $0 + $1.gradient.value(at: place, of: parameters) }
        }
        return statistics[number].gradients(
          channel: channel, gamma: Double(parameters.gamma(at: offset, channel: channel)),
          byFactor: sum(offset + channel), byShift: sum(offset + layer.channels + channel))
      }
      let count = Double(images * layer.area)
      let byMean = pulls.map { Float($0.mean / count) }
      let byVariance = pulls.map { Float(2 * $0.variance / count) }
      let means = statistics[number].means.map { Float($0) }
      workers.forEach(chunks.indices) { [chunks] position in
        let chunk = chunks[position]
        let x = chunk.point.values[index].pointer
        guard let gradient = seeds[position - chunks.startIndex].pointer else { return }
        for row in 0..<chunk.batch * layer.channels {
          let channel = row % layer.channels
          for i in row * layer.area..<(row + 1) * layer.area {
            gradient[i] += byMean[channel] + byVariance[channel] * (x[i] - means[channel])
          }
        }
        chunk.pointSeed = gradient
      }
      started = true
      end = index
    }
    let upper = end
    _ = onChunks { chunk in chunk.differentiatePoints(0..<upper, parameters, needsInput: false) }
  }

  /// Turns the gradient with respect to factors and shifts in a batch's total into that with respect to γ and β.
  func convert(_ total: FloatBuffer, _ statistics: [BatchNormalisation.Statistics]) {
    for (own, (index, layer)) in zip(statistics, stack.batchNormalisations) {
      let offset = stack.offsets[index]
      for channel in 0..<layer.channels {
        let shift = offset + layer.channels + channel
        let gradients = own.gradients(
          channel: channel, gamma: Double(parameters.gamma(at: offset, channel: channel)),
          byFactor: Double(total.pointer[offset + channel]), byShift: Double(total.pointer[shift]))
        total.pointer[offset + channel] = Float(gradients.gamma)
        total.pointer[shift] = Float(gradients.beta)
      }
    }
  }

  private func total(_ parts: [[Double]]) -> [Double] {
    var total = parts.first ?? []
    for part in parts.dropFirst() { for i in total.indices { total[i] += part[i] } }
    return total
  }
}

extension Chunk {
  /// A gradient in a chunk's memory.
  struct PointGradient: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>?
  }

  /// Goes on from the last gradient of the points, or from the natural loss's.
  fileprivate func differentiatePoints(_ range: Range<Int>, _ parameters: Parameters, needsInput: Bool) -> PointGradient
  {
    let seed = pointSeed ?? logitGradient.pointer
    return PointGradient(
      pointer: point.backward(
        range, batch: batch, seed: seed, parameters: parameters.values.pointer, into: gradient.direct.pointer,
        needsInput: needsInput))
  }

  /// A gradient of zero at a boundary.
  fileprivate func noPointGradient(at boundary: Int) -> PointGradient {
    PointGradient(pointer: point.clearedGradient(count: batch * stack.size(ofBoundary: boundary)))
  }
}
