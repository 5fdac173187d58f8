import Bounds
import Intervals
import Networks

/// An input that lies in a property's unsafe set together with its output, in real arithmetic.
///
/// There is no other way to make one than ``PropertyReplay/confirm(_:group:)``.
public struct PropertyWitness: Sendable {
  /// The input, within the property's box without any tolerance, save that elements which the property fixes between
  /// two doubles have the nearest one.
  public let input: [Double]
  /// A box that contains the outputs.
  public let outputs: Box
  /// The outputs in ordinary double precision, within that box.
  public let outputValues: [Double]
  /// The group of the property whose box it lies in.
  public let group: Int

  fileprivate init(input: [Double], outputs: Box, outputValues: [Double], group: Int) {
    self.input = input
    self.outputs = outputs
    self.outputValues = outputValues
    self.group = group
  }
}

/// Runs candidates through a network in outward-rounded arithmetic and keeps those that prove a property wrong.
public struct PropertyReplay: Sendable {
  /// The network and the property.
  public let network: Network
  public let property: Property

  /// A replay of one question's candidates.
  ///
  /// - Precondition: the property is about as many inputs and outputs as the network has.
  public init(network: Network, property: Property) {
    precondition(
      property.inputCount == network.inputCount && property.outputCount == network.outputCount,
      "A property of other sizes than the network's")
    self.network = network
    self.property = property
  }

  /// The witness that a candidate is, or nil if it proves nothing.
  ///
  /// Where all elements can be single-precision numbers inside the box, these are tried first: that is what other tools
  /// will run.
  /// - Complexity: two evaluations for each try.
  public func confirm(_ candidate: [Double], group: Int) -> PropertyWitness? {
    let region = property.groups[group].inputs.region.inner
    let inside = region.clamp(candidate)
    let single = zip(inside, zip(region.lower, region.upper)).map { value, ends in
      Self.single(value, in: ends.0, ends.1) ?? value
    }
    return judge(single, group: group) ?? (single == inside ? nil : judge(inside, group: group))
  }

  private func judge(_ input: [Double], group index: Int) -> PropertyWitness? {
    let group = property.groups[index]
    guard input.allSatisfy(\.isFinite), let box = group.inputs.witnessBox(around: input) else { return nil }
    let outputs = network.intervals(over: box)[network.output.index]
    guard group.rowsTruth(inputs: box, outputs: outputs) == .certainlyTrue else { return nil }
    let values = network.outputs(input)
    return PropertyWitness(
      input: input, outputs: outputs,
      // What overflows in doubles may be any number of the box.
      outputValues: outputs.clamp(values.map { $0.isFinite ? $0 : 0 }), group: index)
  }

  /// A single-precision number next to a value and within a range.
  private static func single(_ value: Double, in lower: Double, _ upper: Double) -> Double? {
    let nearest = Float(value)
    return [nearest, nearest.nextUp, nearest.nextDown].map(Double.init).first { lower <= $0 && $0 <= upper }
  }
}
