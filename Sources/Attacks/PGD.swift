import Networks
import Tensors

/// How projected gradient ascent searches.
public struct PGDSettings: Codable, Hashable, Sendable {
  /// Gradient steps from each start.
  public var steps: Int
  /// Starts at random points of the region, for each loss.
  public var restarts: Int
  /// The first step, in units of each input's half width.
  public var step: Double
  /// Shares of the steps after which the step shrinks to a tenth.
  public var milestones: [Double]

  /// The settings of the precision study: 50 steps from 3 starts, 0.2 half widths each, a tenth from half, four
  /// fifths and nine tenths of the steps on.
  ///
  /// - Source: TAPS (Mao et al. 2023), appendix, and its code.
  public static let study = PGDSettings(steps: 50, restarts: 3, step: 0.2, milestones: [0.5, 0.8, 0.9])

  /// The given settings.
  public init(steps: Int, restarts: Int, step: Double, milestones: [Double] = []) {
    self.steps = steps
    self.restarts = restarts
    self.step = step
    self.milestones = milestones
  }

  /// The step length at a position, in half widths.
  func stepLength(at position: Int) -> Double {
    let done = Double(position) / Double(max(1, steps))
    return milestones.reduce(step) { done >= $1 ? $0 / 10 : $0 }
  }
}

/// A point that an attack found, not yet replayed.
public struct AttackPoint: Hashable, Sendable {
  /// The input.
  public let input: [Double]
  /// The class that was aimed at, or else the one with the largest margin there.
  public let adversarialClass: Int
  /// That margin in ordinary double precision; what counts is a replay's.
  public let margin: Double

  /// A point with the margin it was seen to have.
  public init(input: [Double], adversarialClass: Int, margin: Double) {
    self.input = input
    self.adversarialClass = adversarialClass
    self.margin = margin
  }
}

/// Projected gradient ascent with sign steps from random starts, in double precision.
///
/// The point kept is the best over *all* iterates of all starts: the largest margin of the class that the loss aims
/// at, or of any class. Stopping at the first misclassification, as published code does, underestimates the worst case;
/// it is there for comparison.
/// - Source: Madry et al. 2018; step schedule of TAPS (Mao et al. 2023).
public struct PGD: Sendable {
  /// How it searches.
  public let settings: PGDSettings

  /// An attack with the given settings.
  public init(_ settings: PGDSettings) { self.settings = settings }

  /// Searches a region for the largest margin.
  ///
  /// - Parameters:
  ///   - network: the network, with at least two outputs.
  ///   - region: the inputs; every iterate lies in its inner box.
  ///   - label: the class whose outputs count as the margin's base.
  ///   - losses: what guides the search; each gets its own restarts.
  ///   - stopping: whether a loss is content with the first misclassified iterate of its first start that has one.
  ///   - stream: random numbers for the starts.
  ///   - mayContinue: asked before each step; without another one the search ends with what it has.
  /// - Returns: for each loss, the best point seen on its way.
  /// - Complexity: `losses · restarts · steps` evaluations and gradients, all starts in one batch.
  public func attack(
    _ network: Network, over region: Region, label: Int, losses: [AttackLoss], stopping: Bool = false,
    using stream: inout RandomStream, mayContinue: () -> Bool = { true }
  ) -> [AttackPoint] {
    let box = region.inner
    let inputs = network.inputCount
    let outputs = network.outputCount
    let batch = losses.count * settings.restarts
    precondition(outputs >= 2 && batch > 0, "An attack needs two classes and one start")

    let halfWidths = zip(box.lower, box.upper).map { ($1 - $0) / 2 }
    var points = [Double](repeating: 0, count: batch * inputs)
    for start in 0..<batch {
      for i in 0..<inputs {
        points[start * inputs + i] = min(max(stream.uniform(box.lower[i], box.upper[i]), box.lower[i]), box.upper[i])
      }
    }

    var best = [AttackPoint?](repeating: nil, count: losses.count)
    // The first misclassified iterate of each start.
    var misclassified = [AttackPoint?](repeating: nil, count: batch)
    for position in 0...settings.steps {
      let evaluation = network.evaluate(points, batch: batch)
      for start in 0..<batch {
        let loss = start / settings.restarts
        let (target, margin) = losses[loss].score(
          outputs: evaluation.outputs[start * outputs..<(start + 1) * outputs], label: label)
        let isBest = margin > best[loss]?.margin ?? -.infinity
        let isFirst = stopping && margin >= 0 && misclassified[start] == nil
        guard margin.isFinite, isBest || isFirst else { continue }
        let point = AttackPoint(
          input: Array(points[start * inputs..<(start + 1) * inputs]), adversarialClass: target, margin: margin)
        if isBest { best[loss] = point }
        if isFirst { misclassified[start] = point }
      }
      guard position < settings.steps, mayContinue() else { break }

      var seed = [Double](repeating: 0, count: batch * outputs)
      for start in 0..<batch {
        let range = start * outputs..<(start + 1) * outputs
        losses[start / settings.restarts].writeGradient(
          outputs: evaluation.outputs[range], label: label, into: &seed[range])
      }
      let gradient = evaluation.inputGradient(seed: seed)
      let length = settings.stepLength(at: position)
      for start in 0..<batch {
        for i in 0..<inputs {
          let at = start * inputs + i
          let direction: Double = gradient[at] > 0 ? 1 : gradient[at] < 0 ? -1 : 0
          points[at] = min(max(points[at] + length * direction * halfWidths[i], box.lower[i]), box.upper[i])
        }
      }
    }
    return losses.indices.compactMap { loss in
      let starts = misclassified[loss * settings.restarts..<(loss + 1) * settings.restarts]
      return starts.lazy.compactMap { $0 }.first ?? best[loss]
    }
  }
}
