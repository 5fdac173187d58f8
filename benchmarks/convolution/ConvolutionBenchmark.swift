import ArgumentParser
import Foundation

@testable import Tensors

/// Times both ways of every product, alternating, and tells which one is chosen.
@main struct ConvolutionBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Useful operations a second of processor time, by unfolding and by shifting.",
    discussion: "Each figure is the best of many short runs that alternate with those of the other way.")

  @Option(parsing: .upToNextOption, help: "The convolutions to measure.")
  var layers = BenchmarkLayer.allCases

  @Option(parsing: .upToNextOption, help: "How many images share a product.")
  var batches = [1, 8, 64]

  @Option(help: "The share of the images' and outputs' elements that are zero.")
  var zeros = 0.0

  @Option(help: "Seconds for each row.")
  var seconds = 0.5

  func run() throws {
    print("OpenBLAS kernels: \(BLASKernels.select())")
    print("| convolution | product | type | batch | unfolding GFLOP/s | shifting GFLOP/s | ratio | chosen |")
    print("|---|---|---|---|---|---|---|---|")
    for layer in layers {
      let geometry = try layer.geometry()
      for batch in batches {
        for transposed in [false, true] {
          row(layer, geometry, batch: batch, transposed: transposed, in: Float.self)
          row(layer, geometry, batch: batch, transposed: transposed, in: Double.self)
        }
        gradientRow(layer, geometry, batch: batch)
        if geometry.suitsWinograd {
          for product in WinogradProduct.allCases { winogradRow(layer, geometry, batch: batch, product) }
        }
      }
    }
  }

  private func row<Scalar: BLASScalar>(
    _ layer: BenchmarkLayer, _ g: ConvolutionGeometry, batch: Int, transposed: Bool, in type: Scalar.Type
  ) {
    var random = RandomStream(seed: 1, purpose: "convolution")
    func numbers(_ count: Int) -> [Scalar] { (0..<count).map { _ in Scalar(random.uniform(-1, 1)) } }
    let weights = numbers(g.weightCount)
    let source = numbers(batch * (transposed ? g.outputCount : g.inputCount)).map {
      random.uniform(0, 1) < zeros ? 0 : $0
    }
    var result = [Scalar](repeating: 0, count: batch * (transposed ? g.inputCount : g.outputCount))

    let operations = 2 * Double(batch * g.weightCount * g.positions)
    // Some milliseconds, so that the clock's own error does not count.
    let repetitions = Int(1e8 / operations) + 1
    var best = (unfolding: Double.infinity, shifting: Double.infinity)
    let end = processorSeconds + seconds
    repeat {
      best.unfolding = min(
        best.unfolding,
        time(repetitions) {
          if transposed {
            g.applyTransposedUnfolding(weights, to: source, batch: batch, into: &result)
          } else {
            g.applyUnfolding(weights, to: source, batch: batch, into: &result)
          }
        })
      best.shifting = min(
        best.shifting,
        time(repetitions) { _ = g.shift(weights, source, batch: batch, transposed: transposed, into: &result) })
    } while processorSeconds < end

    let cells = [
      layer.rawValue, transposed ? "transposed" : "forward", "\(Scalar.self)", "\(batch)",
      String(format: "%.1f", operations / best.unfolding * 1e-9),
      String(format: "%.1f", operations / best.shifting * 1e-9),
      String(format: "%.2f", best.unfolding / best.shifting),
      g.prefersUnfolding(transposed: transposed) ? "unfolding" : "shifting",
    ]
    print("| " + cells.joined(separator: " | ") + " |")
  }

  /// The gradient with respect to the weights, which only training computes and only in single precision.
  private func gradientRow(_ layer: BenchmarkLayer, _ g: ConvolutionGeometry, batch: Int) {
    var random = RandomStream(seed: 1, purpose: "convolution")
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.uniform(-1, 1)) } }
    let images = numbers(batch * g.inputCount)
    let seeds = numbers(batch * g.outputCount)
    var weights = [Float](repeating: 0, count: g.weightCount)

    let operations = 2 * Double(batch * g.weightCount * g.positions)
    let repetitions = Int(1e8 / operations) + 1
    var best = (unfolding: Double.infinity, interleaving: Double.infinity)
    var done = 0
    let end = processorSeconds + seconds
    repeat {
      best.unfolding = min(
        best.unfolding,
        time(repetitions) {
          g.accumulateWeightGradientUnfolding(images: images, outputGradients: seeds, batch: batch, into: &weights)
        })
      best.interleaving = min(
        best.interleaving,
        time(repetitions) {
          done = g.accumulateWeightGradientInterleaving(
            images: images, outputGradients: seeds, batch: batch, into: &weights)
        })
    } while processorSeconds < end
    let interleaving = done > 0 ? best.interleaving / Double(done) * Double(batch) : .infinity
    let cells = [
      layer.rawValue, "weight gradient", "Float", "\(batch)",
      String(format: "%.1f", operations / best.unfolding * 1e-9),
      String(format: "%.1f", operations / interleaving * 1e-9),
      String(format: "%.2f", best.unfolding / interleaving), done > 0 ? "interleaving" : "unfolding",
    ]
    print("| " + cells.joined(separator: " | ") + " |")
  }

  private enum WinogradProduct: String, CaseIterable {
    case forward, transposed
    case gradient = "weight gradient"
  }

  /// The products of training by Winograd's algorithm, against the way chosen otherwise.
  private func winogradRow(
    _ layer: BenchmarkLayer, _ g: ConvolutionGeometry, batch: Int, _ product: WinogradProduct
  ) {
    var random = RandomStream(seed: 1, purpose: "convolution")
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
    let weights = numbers(g.weightCount)
    let images = numbers(batch * g.inputCount)
    let seeds = numbers(batch * g.outputCount)
    let count = [
      .forward: batch * g.outputCount, .transposed: batch * g.inputCount, .gradient: g.weightCount,
    ][product, default: 0]
    var (direct, tiled) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    func plain() {
      switch product {
      case .forward: g.apply(weights, to: images, batch: batch, into: &direct)
      case .transposed: g.applyTransposed(weights, to: seeds, batch: batch, into: &direct)
      case .gradient: g.accumulateWeightGradient(images: images, outputGradients: seeds, batch: batch, into: &direct)
      }
    }
    var done = 0
    func winograd() {
      switch product {
      case .forward: done = g.applyWinograd(weights, to: images, batch: batch, transposed: false, into: &tiled)
      case .transposed: done = g.applyWinograd(weights, to: seeds, batch: batch, transposed: true, into: &tiled)
      case .gradient:
        done = g.accumulateWeightGradientWinograd(images: images, outputGradients: seeds, batch: batch, into: &tiled)
      }
    }
    plain()
    winograd()
    guard done == batch else { return }
    let distance = zip(direct, tiled).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    let norm = direct.reduce(0) { $0 + Double($1 * $1) }
    let operations = 2 * Double(batch * g.weightCount * g.positions)
    let repetitions = Int(1e8 / operations) + 1
    var best = (plain: Double.infinity, winograd: Double.infinity)
    let end = processorSeconds + seconds
    repeat {
      best.plain = min(best.plain, time(repetitions, plain))
      best.winograd = min(best.winograd, time(repetitions, winograd))
    } while processorSeconds < end
    let cells = [
      layer.rawValue, product.rawValue + ", Winograd", "Float", "\(batch)",
      String(format: "%.1f", operations / best.plain * 1e-9), String(format: "%.1f", operations / best.winograd * 1e-9),
      String(format: "%.2f", best.plain / best.winograd),
      String(format: "Winograd in training, distance %.1e", (distance / norm).squareRoot()),
    ]
    print("| " + cells.joined(separator: " | ") + " |")
  }

  /// Seconds of one run.
  private func time(_ repetitions: Int, _ body: () -> Void) -> Double {
    let start = processorSeconds
    for _ in 0..<repetitions { body() }
    return (processorSeconds - start) / Double(repetitions)
  }

  /// Seconds of processor time that this process has used.
  private var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
