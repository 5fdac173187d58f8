import Tensors

/// A linear map between flat vectors: everything in a network that is neither a sum nor an activation.
///
/// The list is closed on purpose: each use switches over it without a `default`.
public enum LinearMap: Sendable {
  /// A matrix, applied to each of several consecutive blocks.
  case dense(DenseMap)
  /// A two-dimensional convolution, without its bias.
  case convolution(ConvolutionMap)
  /// One factor for each element: normalisation, unfused batch norm.
  case diagonal(DiagonalMap)
  /// A choice of elements: transpose, slice, a part of a concatenation, padding with zeros.
  case gather(GatherMap)

  /// The number of elements of a vector that goes in.
  public var inputCount: Int {
    switch self {
    case .dense(let map): map.columns * map.blocks
    case .convolution(let map): map.geometry.inputCount
    case .diagonal(let map): map.factors.count
    case .gather(let map): map.inputCount
    }
  }

  /// The number of elements of a vector that comes out.
  public var outputCount: Int {
    switch self {
    case .dense(let map): map.rows * map.blocks
    case .convolution(let map): map.geometry.outputCount
    case .diagonal(let map): map.factors.count
    case .gather(let map): map.sources.count
    }
  }

  /// The largest number of products summed for one element, forwards or backwards.
  public var longestSum: Int {
    switch self {
    case .dense(let map): map.sparse?.longestSum ?? max(map.rows, map.columns)
    case .convolution(let map):
      max(
        map.geometry.patchCount,
        map.geometry.outputChannels / map.geometry.groups * map.geometry.kernelHeight * map.geometry.kernelWidth)
    case .diagonal: 1
    case .gather(let map): map.longestFan
    }
  }

  /// The number of coefficients that are stored.
  public var parameterCount: Int {
    switch self {
    case .dense(let map): map.weights.count
    case .convolution(let map): map.weights.count
    case .diagonal(let map): map.factors.count
    case .gather: 0
    }
  }

  /// Multiply-adds in one product: one for each coefficient and position it applies to, without the zeros of sparse
  /// matrices.
  public var multiplyAdds: Int {
    switch self {
    case .dense(let map): (map.sparse?.positions.count ?? map.weights.count) * map.blocks
    case .convolution(let map): map.geometry.weightCount * map.geometry.positions
    case .diagonal(let map): map.factors.count
    case .gather: 0
    }
  }

  /// A name for people: `dense`, `convolution`, `diagonal` or `gather`.
  public var kindName: String {
    switch self {
    case .dense: "dense"
    case .convolution: "convolution"
    case .diagonal: "diagonal"
    case .gather: "gather"
    }
  }
}

/// Which of a linear map's two coefficient arrays a product uses.
public enum Coefficients: Sendable {
  /// The coefficients themselves, W.
  case signed
  /// Their absolute values, |W|.
  case magnitudes
}

/// A matrix applied to each of several consecutive blocks of the input.
///
/// Input `[blocks, columns]`, output `[blocks, rows]`, both row-major; `y[b] = W·x[b]`.
public struct DenseMap: Sendable {
  /// The sizes of the matrix, and how many blocks it is applied to.
  public let rows, columns, blocks: Int
  /// The matrix W, row-major `[rows, columns]`.
  public let weights: [Double]
  /// Where the coefficients stand, if the matrix is large and nearly all zeros.
  let sparse: SparsePattern?
  let derived = DerivedCoefficients()

  /// - Precondition: there are `rows·columns` weights and at least one block.
  public init(rows: Int, columns: Int, blocks: Int = 1, weights: [Double]) {
    precondition(weights.count == rows * columns, "\(weights.count) weights do not fill \(rows)x\(columns)")
    precondition(blocks > 0, "A dense map needs at least one block, not \(blocks)")
    self.rows = rows
    self.columns = columns
    self.blocks = blocks
    self.weights = weights
    sparse = SparsePattern(weights, rows: rows, columns: columns)
  }
}

/// A two-dimensional convolution without its bias; images are `[channels, height, width]`.
public struct ConvolutionMap: Sendable {
  /// All sizes.
  public let geometry: ConvolutionGeometry
  /// `[outputChannels, channels/groups, kernelHeight, kernelWidth]`, row-major.
  public let weights: [Double]
  let derived = DerivedCoefficients()

  /// - Precondition: there are as many weights as the geometry says.
  public init(geometry: ConvolutionGeometry, weights: [Double]) {
    precondition(
      weights.count == geometry.weightCount, "\(weights.count) weights where \(geometry.weightCount) belong")
    self.geometry = geometry
    self.weights = weights
  }
}

/// One factor for each element.
public struct DiagonalMap: Sendable {
  /// The factors.
  public let factors: [Double]
  let derived = DerivedCoefficients()

  /// A diagonal matrix with the given entries.
  public init(factors: [Double]) {
    self.factors = factors
  }
}

/// A choice of input elements: output `i` is input `sources[i]`, or zero where that is negative.
public struct GatherMap: Sendable {
  /// The number of input elements.
  public let inputCount: Int
  /// For each output element, the input element it copies, or -1 for zero.
  public let sources: [Int]
  /// The largest number of outputs that copy the same input.
  let longestFan: Int

  /// - Precondition: no source reaches beyond the input.
  public init(inputCount: Int, sources: [Int]) {
    var fans = [Int](repeating: 0, count: inputCount)
    for source in sources where source >= 0 {
      precondition(source < inputCount, "Element \(source) of an input of \(inputCount)")
      fans[source] += 1
    }
    self.inputCount = inputCount
    self.sources = sources
    longestFan = max(1, fans.max() ?? 1)
  }
}
