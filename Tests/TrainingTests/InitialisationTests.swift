import Foundation
import Tensors
import Testing

@testable import Training

@Suite struct InitialisationTests {
  @Test("deviations and ranges are those of the papers; the last layer's is its own")
  func deviations() throws {
    let stack = try Architecture.fullyConnected.stack(
      input: Shape([300]), classCount: 10, widths: [200], means: [], deviations: [])
    let interval = Initialisation.interval.parameters(of: stack, seed: 1)
    let first = interval[..<60_000].map(Double.init)
    let deviation = (first.reduce(0) { $0 + $1 * $1 } / 60_000).squareRoot()
    let expected = (2 * Double.pi).squareRoot() / 300
    #expect(abs(deviation / expected - 1) < 0.02)
    let kaiming = Initialisation.kaiming.parameters(of: stack, seed: 1)
    let bound = (6.0 / 300).squareRoot()
    let largest = kaiming[..<60_000].map { Double(abs($0)) }.max() ?? 0
    #expect(largest <= bound * (1 + 1e-6))
    #expect(largest > 0.99 * bound)
    let last = interval[stack.offsets[2]...].map { Double(abs($0)) }.max() ?? 0
    #expect(last <= 1 / 200.0.squareRoot() * (1 + 1e-6))
    #expect(interval != Initialisation.interval.parameters(of: stack, seed: 2))
  }

  @Test("the three-layer convolutional network has the sizes of the literature")
  func cnn3() throws {
    let stack = try Architecture.cnn3.stack(
      input: Shape([1, 28, 28]), classCount: 10, widths: [16, 32], means: [], deviations: [])
    #expect(stack.parameterCount == 24_330)
    #expect(stack.reluLayers.map { stack.size(ofBoundary: $0) } == [3136, 1568])
  }
}
