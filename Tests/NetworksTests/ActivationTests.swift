import Foundation
import Networks
import TestSupport
import Testing

@Suite("Activations")
struct ActivationTests {
  private static let all: [Activation] = [.relu, .sigmoid, .tanh]

  @Test("Ranges contain the function, judged in extended precision")
  func ranges() {
    #if arch(x86_64)
      var random = RandomNetworks(seed: 5)
      let special: [Double] = [
        0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1e-300, 20, -20, 37, -37, 710, -710, 746, -746, 1e300,
        -1e300,
      ]
      let points = special + (0..<20_000).map { _ in random.weights(1)[0] * pow(10, random.weights(1)[0] * 3) }
      for z in points {
        let wide = Float80(z)
        let exact: [(Activation, Float80)] = [
          (.sigmoid, z >= 0 ? 1 / (1 + Foundation.exp(-wide)) : Foundation.exp(wide) / (1 + Foundation.exp(wide))),
          (.tanh, Foundation.tanh(wide)),
        ]
        for (activation, value) in exact {
          let range = activation.range(on: z, z)
          #expect(Float80(range.lower) <= value && value <= Float80(range.upper))
          #expect(range.upper - range.lower <= 1e-14 * (Double(value).magnitude + 1e-300))
        }
      }
    #endif
  }

  @Test("Ranges of unbounded intervals are the functions' own")
  func unbounded() {
    #expect(Activation.sigmoid.range(on: -.infinity, .infinity) == (0, 1))
    #expect(Activation.tanh.range(on: -.infinity, .infinity) == (-1, 1))
    #expect(Activation.relu.range(on: -.infinity, .infinity) == (0, .infinity))
  }

  @Test("Derivatives equal finite differences", arguments: all)
  func derivatives(_ activation: Activation) {
    for z in [-4, -1.5, -0.3, 0.2, 1.1, 5] {
      let step = 1e-6
      let slope = (activation(z + step) - activation(z - step)) / (2 * step)
      #expect(abs(slope - activation.derivative(z)) < 1e-8)
    }
  }
}
