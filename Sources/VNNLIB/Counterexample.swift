import Networks

/// An input with its output, written as the verification competition wants it:
///
///     sat
///     ((X_0 0.1)
///      (X_1 0.25)
///      (Y_0 -3.5))
///
/// - Source: the rules of VNN-COMP 2022 and later.
public struct Counterexample: Hashable, Sendable {
  /// The network's input, in the order of the file's `X_i`.
  public let inputs: [Double]
  /// The network's output there, in the order of the file's `Y_i`.
  public let outputs: [Double]

  /// A counterexample of finite numbers.
  ///
  /// - Throws: ``CounterexampleError`` if one of them is not.
  public init(inputs: [Double], outputs: [Double]) throws(CounterexampleError) {
    for (index, value) in inputs.enumerated() where !value.isFinite {
      throw CounterexampleError(variable: .input(index), value: value)
    }
    for (index, value) in outputs.enumerated() where !value.isFinite {
      throw CounterexampleError(variable: .output(index), value: value)
    }
    self.inputs = inputs
    self.outputs = outputs
  }

  /// The competition's text, with the line `sat` before it; every number reads back as the same double.
  public var text: String {
    let pairs =
      inputs.enumerated().map { "(\(Variable.input($0)) \($1))" }
      + outputs.enumerated().map { "(\(Variable.output($0)) \($1))" }
    return "sat\n(" + pairs.joined(separator: "\n ") + ")\n"
  }
}

/// A number that no counterexample can have.
public struct CounterexampleError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The variable that has it.
  public let variable: Variable
  /// The number: infinite or none.
  public let value: Double

  public var description: String { "\(variable) is \(value): a counterexample has finite numbers" }
}
