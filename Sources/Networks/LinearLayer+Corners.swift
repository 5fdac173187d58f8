import CKernels
import Tensors

/// Images of boxes that begin at zero nearly everywhere, as they do behind ReLUs that are not known to be active.
///
/// A box is its lower corner c and what extends above it, d ≥ 0. With W⁺ = max(W, 0) and W⁻ = max(−W, 0),
///
///     W·c − W⁻·d  ≤  W·x  ≤  W·c + W⁺·d
///
/// for every x of the box, and both ends are attained. A weight is in W⁺ or in W⁻ only: their products with d together
/// take the multiply-adds of one. W·c passes over the elements that are zero.
extension LinearLayer {
  /// A box, by number, and how many of its elements do not begin at zero.
  typealias Corner = (number: Int, nonzeros: Int)

  /// Those boxes that this way is good for: where few elements do not begin at zero, beside all and beside those that an
  /// output reads. Products with more of them take long.
  func corners(of boxes: [Box]) -> [Corner] {
    guard case .convolution = map else { return [] }
    let most = min(map.inputCount, map.longestSum) / 8
    return boxes.indices.compactMap { number in
      let nonzeros = ck_nonzeros(boxes[number].lower, map.inputCount)
      return nonzeros <= most ? (number, nonzeros) : nil
    }
  }

  /// Boxes that contain the images of some boxes, by one product, each handed over with its number.
  ///
  /// With γ for the longest sum and e the coefficients' own error, in real arithmetic W⁺·d is at most the computed product
  /// p and γ of it, and the coefficients add at most e of p and n, the product with W⁻, together. The product with the
  /// corner is wrong by at most γ of |W||c| for as many terms as are not zero, and the coefficients add e of it again. That
  /// is a second product which passes over what is zero: outputs that read none of the corner take nothing from it.
  func forEachCornerImage<Scalar: AnalysisScalar>(
    of boxes: [Box], _ chosen: [Corner], _ parts: ConvolutionParts<Scalar>, _ body: (Int, Box) -> Void
  ) {
    // Corners that need a product first.
    let chosen = chosen.filter { $0.nonzeros > 0 } + chosen.filter { $0.nonzeros == 0 }
    let multiplied = chosen.count { $0.nonzeros > 0 }
    let (width, height) = (map.inputCount, map.outputCount)
    var isBounded = [Bool](repeating: true, count: chosen.count)
    var extents: [Scalar] = []
    var corners = [Scalar](unsafeUninitializedCapacity: multiplied * width) { corners, initialized in
      extents = [Scalar](unsafeUninitializedCapacity: chosen.count * width) { extents, initialized in
        if let extent = extents.baseAddress {
          for (i, choice) in chosen.enumerated() {
            let box = boxes[choice.number]
            isBounded[i] = Scalar.corner(
              box.lower, box.upper, count: width,
              corner: i < multiplied ? corners.baseAddress.map { $0 + i * width } : nil, extent: extent + i * width)
          }
        }
        initialized = chosen.count * width
      }
      initialized = multiplied * width
    }
    var negatives: [Scalar] = []
    let positives = [Scalar](unsafeUninitializedCapacity: chosen.count * height) { positives, initialized in
      negatives = [Scalar](unsafeUninitializedCapacity: chosen.count * height) { negatives, initialized in
        if let positive = positives.baseAddress, let negative = negatives.baseAddress {
          parts.apply(to: extents, batch: chosen.count, positives: positive, negatives: negative)
        }
        initialized = chosen.count * height
      }
      initialized = chosen.count * height
    }
    let middles = multiplied > 0 ? map.apply(corners, batch: multiplied) : []
    corners.withUnsafeMutableBufferPointer { corners in
      if let start = corners.baseAddress { Scalar.takeMagnitudes(of: start, count: corners.count) }
    }
    let reaches = multiplied > 0 ? map.apply(corners, batch: multiplied, .magnitudes) : []
    for (i, choice) in chosen.enumerated() {
      let isMultiplied = i < multiplied
      body(
        choice.number,
        isBounded[i]
          ? box(
            isMultiplied ? (middles, reaches) : nil, (positives, negatives), index: i,
            shares: cornerShares(nonzeros: choice.nonzeros, in: Scalar.self)) : .entire(count: height))
    }
  }

  /// What parts of products may be wrong, for a corner of which so many elements are not zero.
  ///
  /// A computed product p of k terms that are not negative is at least 1 − γ_k of the exact one, which is at most
  /// p/(1 − γ_k) = (1 + γ_2k/2)p; and γ_k of it is at most γ_k/(1 − γ_k)·p = γ_2k/2·p. The same for sums that have but k
  /// terms that are not zero: adding zeros rounds nothing.
  private func cornerShares<Scalar: AnalysisScalar>(nonzeros: Int, in type: Scalar.Type) -> CornerShares {
    // Twice the errors of storing and of rounding to the type, which are relative to the stored values: of what these were
    // rounded to, it is a little more.
    let ofCoefficients = 2 * (coefficientError + map.conversionError(to: type))
    // More terms than there are cover what elementwise operations round.
    let ofPart = type.gamma(2 * map.longestSum + 32) / 2
    let ofCorner = type.gamma(2 * min(map.longestSum, nonzeros) + 32) / 2
    return CornerShares(
      ofPart: ofPart, ofReach: ofCorner + ofCoefficients * (1 + ofCorner), ofBoth: ofCoefficients)
  }

  /// One of the boxes around products of corners, with weights and with their magnitudes, and of what extends above them.
  private func box<Scalar: AnalysisScalar>(
    _ ofCorners: (middles: [Scalar], reaches: [Scalar])?, _ parts: (positives: [Scalar], negatives: [Scalar]),
    index: Int, shares: CornerShares
  ) -> Box {
    let (height, first) = (map.outputCount, index * map.outputCount)
    func start(_ values: UnsafeBufferPointer<Scalar>) -> UnsafePointer<Scalar>? {
      values.baseAddress.map { $0 + first }
    }
    var upper: [Double] = []
    var lower = [Double](unsafeUninitializedCapacity: height) { lower, initialized in
      upper = [Double](unsafeUninitializedCapacity: height) { upper, initialized in
        parts.positives.withUnsafeBufferPointer { positives in
          parts.negatives.withUnsafeBufferPointer { negatives in
            guard let positive = start(positives), let negative = start(negatives), let lower = lower.baseAddress,
              let upper = upper.baseAddress
            else { return }
            func fill(_ middle: UnsafePointer<Scalar>?, _ reach: UnsafePointer<Scalar>?) {
              Scalar.box(
                middle: middle, reach: reach, parts: (positive, negative), bias: bias, count: height, shares: shares,
                lower: lower, upper: upper)
            }
            guard let ofCorners else { return fill(nil, nil) }
            ofCorners.middles.withUnsafeBufferPointer { middles in
              ofCorners.reaches.withUnsafeBufferPointer { reaches in fill(start(middles), start(reaches)) }
            }
          }
        }
        initialized = height
      }
      initialized = height
    }
    return widened(&lower, &upper)
  }
}
