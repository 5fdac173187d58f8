import Intervals
import Networks

/// An input of the region and the margin that it attains there in real arithmetic.
///
/// There is no other way to make one than ``Replay/confirm(_:)``.
public struct Witness: Sendable {
  /// The input, inside the region without any tolerance.
  public let input: [Double]
  /// The class with the largest margin there.
  public let adversarialClass: Int
  /// A lower bound of that margin, rounding included: the input's real margin is no smaller.
  public let margin: Double

  fileprivate init(input: [Double], adversarialClass: Int, margin: Double) {
    self.input = input
    self.adversarialClass = adversarialClass
    self.margin = margin
  }
}

/// Runs candidates through the network in outward-rounded arithmetic and keeps those that are inside the rules.
public struct Replay: Sendable {
  /// The network, the region and the label that margins are counted from.
  public let network: Network
  public let region: Region
  public let label: Int

  /// A replay of one question's candidates.
  ///
  /// - Precondition: the label is one of at least two outputs.
  public init(network: Network, region: Region, label: Int) {
    precondition(network.outputCount >= 2 && (0..<network.outputCount).contains(label), "Label \(label) has no margin")
    self.network = network
    self.region = region
    self.label = label
  }

  /// The margin that a candidate attains, or nil if it lies outside the region or its outputs overflow.
  ///
  /// - Complexity: two evaluations.
  public func confirm(_ candidate: [Double]) -> Witness? {
    guard let outputs = network.enclosure(at: candidate, inside: region) else { return nil }
    var best: (class: Int, margin: Double)?
    for i in 0..<outputs.count where i != label {
      let margin = outputs.leastMargin(of: i, over: label)
      guard margin.isFinite, margin > best?.margin ?? -.infinity else { continue }
      best = (i, margin)
    }
    return best.map { Witness(input: candidate, adversarialClass: $0.class, margin: $0.margin) }
  }

  /// The margin of one class that a candidate attains, or nil if it lies outside the region or its outputs overflow.
  func margin(of target: Int, at candidate: [Double]) -> Double? {
    guard let outputs = network.enclosure(at: candidate, inside: region) else { return nil }
    let margin = outputs.leastMargin(of: target, over: label)
    return margin.isFinite ? margin : nil
  }
}

extension Network {
  /// A box that contains the outputs at a candidate in real arithmetic; nil if the candidate lies outside of a region.
  func enclosure(at candidate: [Double], inside region: Region) -> Box? {
    region.inner.contains(candidate) ? enclosure(at: candidate) : nil
  }
}

extension Box {
  /// The smallest difference of two outputs, rounded downward; exact where it is a double, so that ties are seen.
  fileprivate func leastMargin(of target: Int, over label: Int) -> Double {
    Interval(lower[target]).sum(Interval(-upper[label])).lower
  }
}
