/// The extents of a dense array, outermost first.
///
/// - Invariant: every extent is at least 1 and their product fits `Int`; an empty list is a scalar.
public struct Shape: Hashable, Sendable, CustomStringConvertible {
  /// The extents, outermost first.
  public let extents: [Int]
  /// The number of elements: the product of the extents.
  public let count: Int

  /// Largest number of elements that a single array may have: what BLAS can index with 32 bits.
  public static let largestCount = Int(Int32.max)

  /// A shape with the given extents.
  ///
  /// - Throws: ``ShapeError`` if an extent is not positive or the product exceeds ``largestCount``.
  public init(_ extents: [Int]) throws(ShapeError) {
    var count = 1
    for extent in extents {
      guard extent > 0 else { throw .notPositive(extents) }
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Shape.largestCount else { throw .tooLarge(extents) }
      count = product
    }
    self.extents = extents
    self.count = count
  }

  /// A vector's shape.
  ///
  /// - Precondition: `count` is positive and at most ``largestCount``.
  public init(vector count: Int) {
    precondition(count > 0 && count <= Shape.largestCount, "A vector cannot have \(count) elements")
    self.extents = [count]
    self.count = count
  }

  /// The number of axes.
  public var rank: Int { extents.count }

  /// Extents joined by `x`, such as `1x28x28`; a scalar reads `scalar`.
  public var description: String {
    extents.isEmpty ? "scalar" : extents.map(String.init).joined(separator: "x")
  }
}

/// Why a list of extents is no shape, or a geometry has no output.
public enum ShapeError: Error, Equatable, Sendable, CustomStringConvertible {
  case notPositive([Int])
  case tooLarge([Int])
  case convolution(String)

  public var description: String {
    switch self {
    case .notPositive(let extents): "shape \(extents) has an extent that is not positive"
    case .tooLarge(let extents): "shape \(extents) has more than \(Shape.largestCount) elements"
    case .convolution(let reason): reason
    }
  }
}
