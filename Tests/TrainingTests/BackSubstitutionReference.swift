import Foundation
import Tensors

@testable import Training

/// Back-substitution written out in double precision, one row and one box at a time.
extension DoubleReference {
  typealias Box = (centre: [Double], radius: [Double])

  /// The boxes at each boundary but the last.
  func boxes(_ centre: [Double], _ radius: [Double], _ parameters: [Double]) -> [Box] {
    (1..<stack.layers.count).reduce(into: [(centre, radius)]) { boxes, boundary in
      let below = boxes[boundary - 1]
      boxes.append(box(boundary - 1..<boundary, below.0, below.1, parameters))
    }
  }

  /// Upper bounds of a linear function of the values at a boundary over the boxes below it, by boundary of the box.
  func upperBounds(
    _ function: [Double], of boundary: Int, _ boxes: [Box], _ parameters: [Double]
  ) -> [Double] {
    var row = function
    var constant = 0.0
    var bounds = [Double](repeating: 0, count: boundary)
    for index in (0..<boundary).reversed() {
      let zeros = [Double](repeating: 0, count: stack.size(ofBoundary: index))
      switch stack.layers[index] {
      case .affine(let layer):
        constant += dot(row, point(index..<index + 1, zeros, parameters))
        row = transposed(layer, index, row, parameters)
      case .normalisation(let n):
        constant += dot(row, point(index..<index + 1, zeros, parameters))
        row = row.enumerated().map { $1 * Double(n.factors[$0 / n.area]) }
      case .batchNormalisation(let layer):
        constant += dot(row, point(index..<index + 1, zeros, parameters))
        row = row.enumerated().map { $1 * (scales[index]?.factors[$0 / layer.area] ?? .nan) }
      case .relu:
        for i in row.indices {
          let lower = boxes[index].centre[i] - boxes[index].radius[i]
          let upper = boxes[index].centre[i] + boxes[index].radius[i]
          if upper <= 0 {
            row[i] = 0
          } else if lower < 0 {
            if row[i] > 0 {
              constant -= row[i] * upper * lower / (upper - lower)
              row[i] *= upper / (upper - lower)
            } else if upper < -lower {
              row[i] = 0
            }
          }
        }
      }
      bounds[index] = constant + dot(row, boxes[index].centre) + dot(row.map(\.magnitude), boxes[index].radius)
    }
    return bounds
  }

  /// How bounds are put together.
  struct Mix {
    var beta = 1.0
    var everyBox = false
  }

  /// The mixed upper bound of a linear function of the outputs.
  func upperBound(_ function: [Double], _ boxes: [Box], _ parameters: [Double], _ mix: Mix) -> Double {
    let bounds = upperBounds(function, of: stack.layers.count, boxes, parameters)
    let interval = bounds[bounds.count - 1]
    let between = mix.everyBox ? stack.reluLayers.map { bounds[$0 + 1] } : []
    return mix.beta * ([bounds[0], interval] + between).reduce(.infinity, min) + (1 - mix.beta) * interval
  }

  /// The upper margins over a box.
  func crownMargins(_ boxes: [Box], label: Int, _ parameters: [Double], _ mix: Mix) -> [Double] {
    (0..<stack.classCount).map { i in
      var function = [Double](repeating: 0, count: stack.classCount)
      function[i] += 1
      function[label] -= 1
      return upperBound(function, boxes, parameters, mix)
    }
  }

  /// The fused bound of the loss over a box, without a shift.
  func fusedLoss(_ boxes: [Box], label: Int, _ parameters: [Double], _ mix: Mix) -> Double {
    let last = boxes[boxes.count - 1]
    let upper = margins(last.centre, last.radius, label: label, parameters)
    let lower = zip(upper, margins(last.centre, last.radius.map { -$0 }, label: label, parameters)).map { min($0, $1) }
    var function = [Double](repeating: 0, count: stack.classCount)
    var constant = 1.0
    for i in function.indices where i != label {
      let width = upper[i] - lower[i]
      let slope = width > 0 ? (exp(upper[i]) - exp(lower[i])) / width : exp(lower[i])
      function[i] += slope
      function[label] -= slope
      constant += exp(lower[i]) - slope * lower[i]
    }
    return log(constant + upperBound(function, boxes, parameters, mix))
  }

  /// `Wᵀ·row`, as a sum over the outputs.
  private func transposed(_ layer: AffineLayer, _ index: Int, _ row: [Double], _ parameters: [Double]) -> [Double] {
    let offset = stack.offsets[index]
    var result = [Double](repeating: 0, count: layer.inputCount)
    switch layer.map {
    case .dense(let inputs, let outputs):
      for i in 0..<outputs {
        for j in 0..<inputs { result[j] += parameters[offset + i * inputs + j] * row[i] }
      }
    case .convolution(let g):
      for o in 0..<g.outputChannels {
        for y in 0..<g.outputHeight {
          for z in 0..<g.outputWidth {
            for c in 0..<g.channels {
              for i in 0..<g.kernelHeight {
                for j in 0..<g.kernelWidth {
                  let (line, column) = (y * g.strideHeight + i - g.padTop, z * g.strideWidth + j - g.padLeft)
                  guard (0..<g.height).contains(line), (0..<g.width).contains(column) else { continue }
                  let weight = parameters[offset + ((o * g.channels + c) * g.kernelHeight + i) * g.kernelWidth + j]
                  result[(c * g.height + line) * g.width + column] +=
                    weight * row[(o * g.outputHeight + y) * g.outputWidth + z]
                }
              }
            }
          }
        }
      }
    }
    return result
  }
}

/// The cross-entropy of a row of upper margins whose own entry is 0.
func crossEntropy(_ margins: [Double]) -> Double {
  let top = margins.reduce(-.infinity, max)
  return top + log(margins.reduce(0) { $0 + exp($1 - top) })
}
