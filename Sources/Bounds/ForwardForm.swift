import Networks

/// What a forward analysis knows about one node's value as a function of the input, carried from node to node.
///
/// - Soundness: every operation encloses the real-arithmetic result for all values that its operands enclose, rounding
///   included, as long as no stored number overflows; ``range`` is nil after an overflow.
protocol ForwardForm: Sendable {
  /// The input itself, over a box with finite ends.
  init(input: Box, rules: inout FormRules)
  /// Any values of a box with finite ends, unrelated to the input.
  init(anyOf box: Box, inputs: Box)
  /// The image under an affine layer.
  func image(under layer: LinearLayer, rules: inout FormRules) -> Self
  /// The sum of several nodes' values at the same input.
  static func sum(_ terms: [Self], rules: inout FormRules) -> Self
  /// The image under an activation of pre-activations that lie in a box with finite ends.
  func image(under activation: Activation, on box: Box, rules: inout FormRules) -> Self
  /// A box around all values, or nil if something overflowed.
  var range: Box? { get }
  /// Adds to a backward pass upper bounds of `Σ coefficients · value`, jointly over several nodes at the same input.
  static func addUpperBounds(of parts: [(form: Self, coefficients: [Double])], to pass: inout BackwardPass<Double>)
}

/// What the forms of one analysis share.
struct FormRules: Sendable {
  /// The most elements that one form's matrix may have.
  var elementLimit = Int.max
  /// The symbol of the next new generator.
  var nextSymbol = 0
  /// How many generators were given up to keep the limit.
  var mergedGenerators = 0
  /// 1; the share of rounding errors that is counted. Only tests set it to 0, to show that they would notice.
  var roundingShare = 1.0
}
