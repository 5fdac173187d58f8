import Foundation

/// How the radius ε grows over the optimiser's steps.
public struct RadiusSchedule: Hashable, Sendable {
  /// The form of the growth.
  public enum Form: String, Codable, Sendable, CaseIterable {
    /// A fourth power over the first quarter, a straight line with the same slope after it.
    case smooth
    /// A straight line.
    case linear
  }

  /// The form of the growth.
  public let form: Form
  /// The steps at which the radius leaves 0 and at which it arrives at `target`.
  public let start, end: Int
  /// The radius at the end.
  public let target: Double

  /// A schedule; one with `end <= start` is at its target from `start` on.
  public init(form: Form, start: Int, end: Int, target: Double) {
    self.form = form
    self.start = start
    self.end = end
    self.target = target
  }

  /// The radius at a step, counted from 0.
  ///
  /// The smooth form is `a·(s − T₀)⁴` up to the step m a quarter of the way along and straight from there, with `a`
  /// such that value and slope agree at m; the radius there is `target/13`.
  /// - Source: Shi et al. 2021 (the schedule of auto_LiRPA's training code).
  public func radius(at step: Int) -> Double {
    if step >= end { return target }
    if step <= start { return 0 }
    let s = Double(step - start)
    let length = Double(end - start)
    switch form {
    case .linear:
      return target * s / length
    case .smooth:
      let quarter = Double((end - start) / 4)
      let cube = quarter * quarter * quarter
      let scale = target / ((length - quarter) * 4 * cube + quarter * cube)
      guard quarter > 0 else { return target * s / length }
      if s <= quarter { return scale * s * s * s * s }
      let atQuarter = scale * cube * quarter
      return atQuarter + (target - atQuarter) * (s - quarter) / (length - quarter)
    }
  }

  /// How far along a step is, from 0 to 1, in steps.
  public func progress(at step: Int) -> Double {
    if step >= end { return 1 }
    return step <= start ? 0 : Double(step - start) / Double(end - start)
  }
}

/// A learning rate that drops by a factor at given epochs.
public struct StepDecay: Hashable, Sendable {
  /// The rate at first.
  public let initial: Double
  /// The factor of each drop.
  public let factor: Double
  /// The epochs, counted from 0, from which on one more factor applies.
  public let milestones: [Int]

  /// A schedule.
  public init(initial: Double, factor: Double, milestones: [Int]) {
    self.initial = initial
    self.factor = factor
    self.milestones = milestones
  }

  /// The rate in an epoch, counted from 0.
  public func rate(inEpoch epoch: Int) -> Double {
    milestones.reduce(initial) { $1 <= epoch ? $0 * factor : $0 }
  }
}
