/// A dense, row-major array.
///
/// - Invariant: `values.count == shape.count`.
public struct Tensor<Element: Sendable>: Sendable {
  /// The extents, outermost first.
  public let shape: Shape
  /// The elements in row-major order.
  public var values: [Element] {
    didSet { precondition(values.count == shape.count, "A tensor keeps its number of elements") }
  }

  /// A tensor of the given shape.
  ///
  /// - Precondition: there are as many values as the shape has elements.
  public init(shape: Shape, values: [Element]) {
    precondition(values.count == shape.count, "\(values.count) values do not fill shape \(shape)")
    self.shape = shape
    self.values = values
  }
}

extension Tensor: Equatable where Element: Equatable {}
