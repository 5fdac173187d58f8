/// How lower slopes are optimised.
public struct AlphaSettings: Codable, Hashable, Sendable {
  /// How many times the slopes are improved; the bounds of every step count.
  public var iterations: Int
  /// The first step length, in units of the slope; Adam scales each slope's steps to about this.
  public var step: Double
  /// By what the step length is multiplied after each iteration.
  public var decay: Double
  /// Which intermediate ranges are optimised before rows over the output are; nil if none are.
  public var intermediate: IntermediateSlopes?
  /// A row whose bound is below this is left as it is, such as 0 for margins when only verdicts are asked for; nil if
  /// every row is to be bounded as tightly as can be.
  public var sufficient: Double?
  /// A row that gained less than this in each of two iterations running is left as it is; with 0 none is.
  public var leastGain: Double

  /// The given settings.
  ///
  /// Steps that begin with half of the slopes' range and shrink fast gain in about ten iterations what twenty of length
  /// 0.1, the usual ones, gain, and go on from there.
  public init(
    iterations: Int = 20, step: Double = 0.5, decay: Double = 0.85,
    intermediate: IntermediateSlopes? = IntermediateSlopes(), sufficient: Double? = nil, leastGain: Double = 0
  ) {
    precondition(iterations >= 0, "\(iterations) iterations")
    self.iterations = iterations
    self.step = step
    self.decay = decay
    self.intermediate = intermediate
    self.sufficient = sufficient
    self.leastGain = leastGain
  }
}

/// How many units' ranges are optimised, with slopes of each range's own, on the way to bounds of some rows.
public struct IntermediateSlopes: Codable, Hashable, Sendable {
  /// How many units of each activation node: those whose relaxation costs the rows most.
  public var units: Int
  /// How many times the slopes of each end of their ranges are improved.
  public var iterations: Int

  /// A budget. The default buys most of what all units and many iterations would gain; on networks of a few layers it
  /// costs no more than the rows themselves.
  public init(units: Int = 16, iterations: Int = 4) {
    precondition(units >= 0 && iterations >= 0, "\(units) units, \(iterations) iterations")
    self.units = units
    self.iterations = iterations
  }
}
