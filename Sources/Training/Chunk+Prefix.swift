/// What COLT and IBP-R need of a chunk: boxes up to an inner layer, a penalty on them, and searches in zonotopes.
extension Chunk {
  /// Propagates the boxes up to the last layer that the loss looks at, and adds the penalty and the losses in
  /// zonotopes.
  func forwardPrefix(_ parameters: Parameters, loss: RobustLoss, random: AttackRandom, into sums: inout RobustSums) {
    // Of the last ReLU layer that is penalised only the inputs count.
    let penalised = loss.stability.map { $0.upperBound - 1 } ?? 0
    let end = max(penalised, loss.zonotope?.boundary ?? 0)
    box.forward(0..<end, batch: batch, parameters: parameters)
    for layer in penalisedLayers(loss) {
      sums.stability += StabilityPenalty.sum(
        centres: box.centres[layer].pointer, radii: box.radii[layer].pointer,
        count: batch * stack.size(ofBoundary: layer))
    }
    guard let settings = loss.zonotope, let zonotope else { return }
    func search(_ region: ZonotopeAttack.Region) -> CrossEntropy.Sum {
      zonotope.search(
        region, box, labels: labels, batch: batch, parameters: parameters, settings: settings
      ) { [indices] in random.latent(image: indices[$0], number: $1) }
    }
    if settings.previous != nil { sums.adversarial = search(.previous) }
    sums.latent = search(.current)
  }

  /// Adds the gradients of what ``forwardPrefix(_:loss:random:into:)`` computed, each part's mean over the batch times
  /// its weight.
  func backwardPrefix(_ parameters: Parameters, loss: RobustLoss, weights: RobustLoss.Parts) {
    if let settings = loss.zonotope, let zonotope {
      for (region, weight) in [(ZonotopeAttack.Region.previous, weights.adversarial), (.current, weights.latent)] {
        guard weight != 0, region == .current || settings.previous != nil else { continue }
        zonotope.differentiate(
          region, labels: labels, batch: batch, weight: share * Float(weight), parameters: parameters,
          settings: settings, from: loss.trainedFrom, into: gradient.direct.pointer)
      }
    }
    guard let range = loss.stability, weights.stability != 0 else { return }
    box.seed.clear(count: batch * stack.size(ofBoundary: range.upperBound))
    box.backward(
      range, batch: batch, parameters: parameters, into: gradient, needsInput: false,
      regulariser: StabilityPenalty.gradients(penalisedLayers(loss), weight: Double(share) * weights.stability))
  }

  private func penalisedLayers(_ loss: RobustLoss) -> [Int] {
    guard let range = loss.stability else { return [] }
    return stack.reluLayers.filter(range.contains)
  }
}
