import CKernels
import Tensors

/// An affine layer with trained weights and biases, without their values: sizes and products.
///
/// Batches are `[batch, features]`, row-major. Weights come before biases in the parameter vector.
struct AffineLayer: Hashable, Sendable {
  enum Map: Hashable, Sendable {
    /// Weights `[outputs, inputs]`, one bias for each output.
    case dense(inputs: Int, outputs: Int)
    /// Weights `[outputChannels, channels/groups, kernelHeight, kernelWidth]`, one bias for each channel.
    case convolution(ConvolutionGeometry)
  }

  let map: Map

  var inputCount: Int {
    switch map {
    case .dense(let inputs, _): inputs
    case .convolution(let geometry): geometry.inputCount
    }
  }

  var outputCount: Int {
    switch map {
    case .dense(_, let outputs): outputs
    case .convolution(let geometry): geometry.outputCount
    }
  }

  var weightCount: Int {
    switch map {
    case .dense(let inputs, let outputs): inputs * outputs
    case .convolution(let geometry): geometry.weightCount
    }
  }

  var biasCount: Int {
    switch map {
    case .dense(_, let outputs): outputs
    case .convolution(let geometry): geometry.outputChannels
    }
  }

  /// The number of products summed for one output element.
  var fanIn: Int {
    switch map {
    case .dense(let inputs, _): inputs
    case .convolution(let geometry): geometry.patchCount
    }
  }

  /// `outputs = W·inputs`, without the bias.
  func apply(
    _ weights: UnsafePointer<Float>, to inputs: UnsafePointer<Float>, batch: Int,
    into outputs: UnsafeMutablePointer<Float>
  ) {
    switch map {
    case .dense(let n, let m):
      Float.gemm(
        .asStored, .transposed, m: batch, n: m, k: n, alpha: 1, inputs, lda: n, weights, ldb: n, beta: 0,
        outputs, ldc: m)
    case .convolution(let geometry):
      let done =
        geometry.suitsWinograd
        ? geometry.applyWinograd(weights, to: inputs, batch: batch, transposed: false, into: outputs) : 0
      guard done < batch else { return }
      geometry.apply(
        weights, to: inputs + done * inputCount, batch: batch - done, into: outputs + done * outputCount)
    }
  }

  /// `inputs = Wᵀ·outputs`.
  func applyTransposed(
    _ weights: UnsafePointer<Float>, to outputs: UnsafePointer<Float>, batch: Int,
    into inputs: UnsafeMutablePointer<Float>
  ) {
    switch map {
    case .dense(let n, let m):
      Float.gemm(
        .asStored, .asStored, m: batch, n: n, k: m, alpha: 1, outputs, lda: m, weights, ldb: n, beta: 0,
        inputs, ldc: n)
    case .convolution(let geometry):
      let done =
        geometry.suitsWinograd
        ? geometry.applyWinograd(weights, to: outputs, batch: batch, transposed: true, into: inputs) : 0
      guard done < batch else { return }
      geometry.applyTransposed(
        weights, to: outputs + done * outputCount, batch: batch - done, into: inputs + done * inputCount)
    }
  }

  /// Adds the gradient of `Σ outputGradients·(W·inputs)` with respect to W.
  func accumulateWeightGradient(
    inputs: UnsafePointer<Float>, outputGradients: UnsafePointer<Float>, batch: Int,
    into weights: UnsafeMutablePointer<Float>
  ) {
    switch map {
    case .dense(let n, let m):
      Float.gemm(
        .transposed, .asStored, m: m, n: n, k: batch, alpha: 1, outputGradients, lda: m, inputs, ldb: n,
        beta: 1, weights, ldc: n)
    case .convolution(let geometry):
      let done =
        geometry.suitsWinograd
        ? geometry.accumulateWeightGradientWinograd(
          images: inputs, outputGradients: outputGradients, batch: batch, into: weights) : 0
      guard done < batch else { return }
      geometry.accumulateWeightGradient(
        images: inputs + done * inputCount, outputGradients: outputGradients + done * outputCount,
        batch: batch - done, into: weights)
    }
  }

  /// Adds the bias to each output.
  func addBias(_ bias: UnsafePointer<Float>, batch: Int, to outputs: UnsafeMutablePointer<Float>) {
    let run = outputCount / biasCount
    var output = outputs
    for _ in 0..<batch {
      if run == 1 {
        for i in 0..<biasCount { output[i] += bias[i] }
      } else {
        for channel in 0..<biasCount {
          ck_add_constant_f32(output + channel * run, bias[channel], run)
        }
      }
      output += outputCount
    }
  }

  /// Adds the gradient with respect to the bias: the sum of the output gradients that share it.
  ///
  /// - Parameter ones: at least ``onesCount`` ones; a dense layer needs none.
  func accumulateBiasGradient(
    outputGradients: UnsafePointer<Float>, batch: Int, ones: UnsafePointer<Float>?,
    into bias: UnsafeMutablePointer<Float>
  ) {
    let run = outputCount / biasCount
    for vector in 0..<batch {
      let row = outputGradients + vector * outputCount
      if run > 1, let ones {
        for channel in 0..<biasCount {
          bias[channel] += Float(ck_dot_f32(row + channel * run, ones, run))
        }
      } else {
        precondition(run == 1, "The bias of a convolution is summed with ones")
        for i in 0..<biasCount { bias[i] += row[i] }
      }
    }
  }

  /// How many outputs share a bias.
  var onesCount: Int { outputCount / biasCount }
}
