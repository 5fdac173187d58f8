import Tensors

@testable import Training

/// The judge of the passes: the same functions written out as sums in double precision, sharing no product and no
/// derivative with them. Gradients come from central differences.
struct DoubleReference {
  let stack: LayerStack
  /// Factors and shifts of batch normalisations, by layer.
  var scales: [Int: (factors: [Double], shifts: [Double])] = [:]

  init(stack: LayerStack) { self.stack = stack }

  /// Sets factors and shifts by the statistics of a batch of images.
  mutating func normalise(by images: [[Double]], _ parameters: [Double]) {
    for (index, layer) in stack.batchNormalisations {
      let inputs = images.map { point(0..<index, $0, parameters) }
      let offset = stack.offsets[index]
      scales[index] = ([], [])
      for channel in 0..<layer.channels {
        let own = inputs.flatMap { $0[channel * layer.area..<(channel + 1) * layer.area] }
        let mean = own.reduce(0, +) / Double(own.count)
        let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(own.count)
        let factor = parameters[offset + channel] / (variance + 1e-5).squareRoot()
        scales[index]?.factors.append(factor)
        scales[index]?.shifts.append(parameters[offset + layer.channels + channel] - factor * mean)
      }
    }
  }

  private func scaled(_ x: [Double], _ index: Int, _ layer: BatchNormalisation, isRadius: Bool = false) -> [Double] {
    guard let scale = scales[index] else { preconditionFailure("No statistics") }
    return x.enumerated().map { i, value in
      let factor = scale.factors[i / layer.area]
      return isRadius ? factor.magnitude * value : factor * value + scale.shifts[i / layer.area]
    }
  }

  /// The outputs of a run of layers at one point.
  func point(_ range: Range<Int>, _ input: [Double], _ parameters: [Double]) -> [Double] {
    range.reduce(input) { value, index in
      switch stack.layers[index] {
      case .affine(let layer):
        zip(product(layer, index, value, parameters) { $0 }, biases(layer, index, parameters)).map { $0 + $1 }
      case .relu: value.map { max($0, 0) }
      case .normalisation(let n):
        value.enumerated().map { i, x in Double(n.factors[i / n.area]) * x + Double(n.offsets[i / n.area]) }
      case .batchNormalisation(let layer): scaled(value, index, layer)
      }
    }
  }

  /// The centre and radius of the box after a run of layers.
  func box(
    _ range: Range<Int>, _ centre: [Double], _ radius: [Double], _ parameters: [Double]
  ) -> (centre: [Double], radius: [Double]) {
    range.reduce((centre, radius)) { box, index in
      switch stack.layers[index] {
      case .affine(let layer):
        let c = zip(product(layer, index, box.0, parameters) { $0 }, biases(layer, index, parameters)).map { $0 + $1 }
        return (c, product(layer, index, box.1, parameters) { $0.magnitude })
      case .relu:
        let lower = zip(box.0, box.1).map { max($0 - $1, 0) }
        let upper = zip(box.0, box.1).map { max($0 + $1, 0) }
        return (zip(lower, upper).map { ($0 + $1) / 2 }, zip(lower, upper).map { ($1 - $0) / 2 })
      case .normalisation(let n):
        let c = box.0.enumerated().map { i, x in Double(n.factors[i / n.area]) * x + Double(n.offsets[i / n.area]) }
        return (c, box.1.enumerated().map { i, r in Double(abs(n.factors[i / n.area])) * r })
      case .batchNormalisation(let layer):
        return (scaled(box.0, index, layer), scaled(box.1, index, layer, isRadius: true))
      }
    }
  }

  /// The upper margins over a box that the last layer reads.
  func margins(_ centre: [Double], _ radius: [Double], label: Int, _ parameters: [Double]) -> [Double] {
    let (inputs, classes) = stack.lastLayer
    let offset = stack.offsets[stack.layers.count - 1]
    return (0..<classes).map { i in
      var sum = parameters[offset + classes * inputs + i] - parameters[offset + classes * inputs + label]
      for j in 0..<inputs {
        let difference = parameters[offset + i * inputs + j] - parameters[offset + label * inputs + j]
        sum += difference * centre[j] + difference.magnitude * radius[j]
      }
      return sum
    }
  }

  private func biases(_ layer: AffineLayer, _ index: Int, _ parameters: [Double]) -> [Double] {
    let offset = stack.offsets[index] + layer.weightCount
    let run = layer.outputCount / layer.biasCount
    return (0..<layer.outputCount).map { parameters[offset + $0 / run] }
  }

  private func product(
    _ layer: AffineLayer, _ index: Int, _ x: [Double], _ parameters: [Double], _ read: (Double) -> Double
  ) -> [Double] {
    let weights = parameters[stack.offsets[index]...].prefix(layer.weightCount).map(read)
    switch layer.map {
    case .dense(let inputs, let outputs):
      return (0..<outputs).map { i in (0..<inputs).reduce(0) { $0 + weights[i * inputs + $1] * x[$1] } }
    case .convolution(let g):
      var result: [Double] = []
      for o in 0..<g.outputChannels {
        for y in 0..<g.outputHeight {
          for z in 0..<g.outputWidth {
            var sum = 0.0
            for c in 0..<g.channels / g.groups {
              let channel = o / (g.outputChannels / g.groups) * (g.channels / g.groups) + c
              for i in 0..<g.kernelHeight {
                for j in 0..<g.kernelWidth {
                  let row = y * g.strideHeight + i - g.padTop
                  let column = z * g.strideWidth + j - g.padLeft
                  guard (0..<g.height).contains(row), (0..<g.width).contains(column) else { continue }
                  let weight = weights[((o * (g.channels / g.groups) + c) * g.kernelHeight + i) * g.kernelWidth + j]
                  sum += weight * x[(channel * g.height + row) * g.width + column]
                }
              }
            }
            result.append(sum)
          }
        }
      }
      return result
    }
  }
}

/// The gradient of a function by central differences.
///
/// The step is far below the distance of any kink in the random problems of these tests, and rounding in double
/// precision is far below the single precision of what is tested.
func centralDifferences(_ x: [Double], step: Double = 1e-6, _ function: ([Double]) -> Double) -> [Double] {
  x.indices.map { i in
    var shifted = x
    shifted[i] = x[i] + step
    let up = function(shifted)
    shifted[i] = x[i] - step
    return (up - function(shifted)) / (2 * step)
  }
}

/// The largest distance between two vectors, relative to the largest element of the second.
func relativeDistance(_ a: [Float], _ b: [Double]) -> Double {
  precondition(a.count == b.count)
  let scale = max(b.map(\.magnitude).max() ?? 0, 1e-12)
  return (zip(a, b).map { (Double($0) - $1).magnitude }.max() ?? 0) / scale
}

/// What single precision may be wrong by in sums of at most a few hundred products.
let singlePrecision = 2e-5

/// Random numbers for tests.
struct TestNumbers {
  var stream: RandomStream

  init(_ purpose: String) { stream = RandomStream(seed: 7, purpose: purpose) }

  /// Numbers that single precision holds exactly, so that both computations start from the same ones.
  mutating func floats(_ count: Int, _ lower: Double = -1, _ upper: Double = 1) -> [Float] {
    (0..<count).map { _ in Float(stream.uniform(lower, upper)) }
  }
}

func doubles(_ x: [Float]) -> [Double] { x.map(Double.init) }
func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

/// Small stacks that between them have each layer alone and together.
func exampleStacks() throws -> [(name: String, stack: LayerStack)] {
  let image = try Shape([2, 5, 6])
  let geometry = try ConvolutionGeometry(
    channels: 2, height: 5, width: 6, outputChannels: 3, kernel: (3, 2), stride: (2, 1), pads: (1, 0, 1, 1))
  let convolution = Layer.affine(AffineLayer(map: .convolution(geometry)))
  let normalisation = Layer.normalisation(Normalisation(means: [0.2, 0.4], deviations: [0.5, -2], area: 30))
  func dense(_ n: Int, _ m: Int) -> Layer { .affine(AffineLayer(map: .dense(inputs: n, outputs: m))) }
  return [
    ("dense", LayerStack(inputShape: Shape(vector: 5), layers: [dense(5, 4)])),
    ("convolution", LayerStack(inputShape: image, layers: [convolution])),
    ("relu", LayerStack(inputShape: Shape(vector: 9), layers: [.relu(count: 9)])),
    ("normalisation", LayerStack(inputShape: image, layers: [normalisation])),
    (
      "affine upon affine",
      LayerStack(
        inputShape: image,
        layers: [
          convolution, dense(geometry.outputCount, 3), dense(3, 6), .relu(count: 6), dense(6, 5), dense(5, 4),
        ])
    ),
    (
      "all",
      LayerStack(
        inputShape: image,
        layers: [
          normalisation, convolution, .relu(count: geometry.outputCount), dense(geometry.outputCount, 6),
          .relu(count: 6), dense(6, 4),
        ])
    ),
  ]
}
