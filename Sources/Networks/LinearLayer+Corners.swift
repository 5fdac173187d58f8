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
  /// output reads. The product with more of them takes long, and the bound of its error may be looser than that of a
  /// centre's.
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
  /// corner is wrong by at most γ for as many terms as are not zero, and the coefficients add e again, of |W||c|, which is
  /// bounded without a product.
  func forEachCornerImage<Scalar: AnalysisScalar>(
    of boxes: [Box], _ chosen: [Corner], _ parts: ConvolutionParts<Scalar>, _ body: (Int, Box) -> Void
  ) {
    // Corners that need a product first.
    let chosen = chosen.filter { $0.nonzeros > 0 } + chosen.filter { $0.nonzeros == 0 }
    let multiplied = chosen.count { $0.nonzeros > 0 }
    let (width, height) = (map.inputCount, map.outputCount)
    var isBounded = [Bool](repeating: true, count: chosen.count)
    var extents: [Scalar] = []
    let corners = [Scalar](unsafeUninitializedCapacity: multiplied * width) { corners, initialized in
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
    for (i, choice) in chosen.enumerated() {
      guard isBounded[i] else {
        body(choice.number, .entire(count: height))
        continue
      }
      let isMultiplied = i < multiplied
      let reach = isMultiplied ? reach(of: corners[i * width..<(i + 1) * width], nonzeros: choice.nonzeros) : []
      body(
        choice.number,
        box(isMultiplied ? middles : [], positives: positives, negatives: negatives, reach: reach, index: i))
    }
  }

  /// By how much the product with a corner may be wrong, and what the coefficients' error adds to it.
  private func reach<Scalar: AnalysisScalar>(of corner: ArraySlice<Scalar>, nonzeros: Int) -> [Double] {
    // The norms behind this bound are those of the stored coefficients, not of those that were rounded to the type.
    let share =
      ((Scalar.gamma(min(map.longestSum, nonzeros) + 1) + 2 * coefficientError(in: Scalar.self)) * (1 + 0x1p-20)).nextUp
    let magnitudes = [Double](unsafeUninitializedCapacity: corner.count) { magnitudes, count in
      count = corner.count
      corner.withUnsafeBufferPointer { corner in
        if let from = corner.baseAddress, let to = magnitudes.baseAddress {
          Scalar.magnitudes(from, count: corner.count, into: to)
        }
      }
    }
    var bounds = map.magnitudeBound(of: magnitudes)
    for i in bounds.indices { bounds[i] = (bounds[i] * share).nextUp }
    return bounds
  }

  /// By what part of itself each coefficient may be wrong when products are computed in a type.
  private func coefficientError<Scalar: AnalysisScalar>(in type: Scalar.Type) -> Double {
    coefficientError + map.conversionError(to: type)
  }

  /// One of the boxes around products of corners and of what extends above them.
  private func box<Scalar: AnalysisScalar>(
    _ middles: [Scalar], positives: [Scalar], negatives: [Scalar], reach: [Double], index: Int
  ) -> Box {
    // A product p of k terms is at least (1 − γ_k) of the exact one, which is at most p/(1 − γ_k) = (1 + γ_2k/2)p.
    let gamma = Scalar.gamma(2 * map.longestSum + 32) / 2
    let (height, first) = (map.outputCount, index * map.outputCount)
    var upper: [Double] = []
    var lower = [Double](unsafeUninitializedCapacity: height) { lower, initialized in
      upper = [Double](unsafeUninitializedCapacity: height) { upper, initialized in
        middles.withUnsafeBufferPointer { middles in
          positives.withUnsafeBufferPointer { positives in
            negatives.withUnsafeBufferPointer { negatives in
              reach.withUnsafeBufferPointer { reach in
                guard let positive = positives.baseAddress, let negative = negatives.baseAddress,
                  let lower = lower.baseAddress, let upper = upper.baseAddress
                else { return }
                Scalar.box(
                  middle: middles.isEmpty ? nil : middles.baseAddress.map { $0 + first },
                  parts: (positive + first, negative + first), bias: bias,
                  reach: reach.isEmpty ? nil : reach.baseAddress, count: height, gamma: gamma,
                  share: 2 * coefficientError(in: Scalar.self), lower: lower, upper: upper)
              }
            }
          }
        }
        initialized = height
      }
      initialized = height
    }
    return widened(&lower, &upper, gamma: gamma)
  }
}
