import Bounds
import Intervals
import Networks
import Tensors
import TestSupport
import Testing

@testable import Verification

@Suite struct ExactMarginTests {
  /// Dense sampling of low-dimensional regions can come near the worst case but never beyond the upper end.
  @Test(arguments: 0..<20) func `the bracket closes around what sampling finds`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(seed))
    let network = try random.dense([2, 6, 6, 3])
    let region = try Region(
      ballAround: [random.uniform(0.2, 0.8), random.uniform(0.2, 0.8)], radius: 0.2, validRange: 0...1)
    let bracket = try ExactMargin.bracket(of: network, over: region, label: 0, sample: seed, settings: .init())
    #expect(bracket.openReason == nil)
    #expect(bracket.gap >= 0 && bracket.gap <= 1e-6 * max(1, abs(bracket.lower.margin)))
    #expect(region.inner.contains(bracket.lower.input))
    let truth = exactValues(of: network, at: bracket.lower.input)[network.output.index]
    #expect(exact(bracket.lower.margin) <= truth[bracket.lower.adversarialClass] - truth[0])
    var best = -Double.infinity
    for x in 0...60 {
      for y in 0...60 {
        let point = [
          region.inner.lower[0] + (region.inner.upper[0] - region.inner.lower[0]) * Double(x) / 60,
          region.inner.lower[1] + (region.inner.upper[1] - region.inner.lower[1]) * Double(y) / 60,
        ]
        let outputs = network.outputs(region.inner.clamp(point))
        best = max(best, max(outputs[1], outputs[2]) - outputs[0])
      }
    }
    #expect(best <= bracket.upper + 1e-12)
    #expect(bracket.lower.margin - best < 0.2)
  }

  @Test(arguments: 0..<10) func `estimates keep their sides`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(50 + seed))
    let network = try random.dense([6, 10, 10, 4])
    let region = try Region(
      ballAround: (0..<6).map { _ in random.uniform(0, 1) }, radius: 0.1, validRange: 0...1)
    let bracket = try ExactMargin.bracket(of: network, over: region, label: 1, settings: .init())
    let estimator = MarginEstimator(network: network, region: region, label: 1, sample: 0)
    #expect(estimator.estimate(.pgd) <= bracket.upper)
    #expect(estimator.estimate(.ibp) >= bracket.lower.margin)
    #expect(estimator.estimate(.crownIBP) >= bracket.lower.margin)
    #expect(estimator.estimate(.crown) >= bracket.lower.margin)
    #expect(estimator.estimate(.alphaCROWN) >= bracket.lower.margin)
    #expect(estimator.estimate(.zonotope) >= bracket.lower.margin)
    #expect(estimator.estimate(.crownIBP) <= estimator.estimate(.ibp))
    #expect(estimator.estimate(.alphaCROWN) <= estimator.estimate(.crown))
    #expect(estimator.estimate(.zonotope) <= estimator.estimate(.ibp))
    #expect(estimator.estimate(.sabr) <= estimator.estimate(.ibp) + 1e-9)
    #expect(estimator.estimate(.taps) <= estimator.estimate(.ibp) + 1e-9)
    #expect(estimator.estimate(.staps) <= estimator.estimate(.sabr) + 1e-9)
    #expect(estimator.estimate(.stoppingPGD) <= estimator.estimate(.pgd))
  }

  @Test func `a region of one point has the point's margin`() throws {
    var random = RandomNetworks(seed: 9)
    let network = try random.dense([3, 8, 3])
    let point = [0.2, 0.5, 0.9]
    let region = try Region(ballAround: point, radius: 0, validRange: 0...1)
    let bracket = try ExactMargin.bracket(of: network, over: region, label: 2, settings: .init())
    let outputs = network.outputs(point)
    #expect(abs(bracket.upper - (max(outputs[0], outputs[1]) - outputs[2])) < 1e-12)
    #expect(bracket.gap < 1e-12)
    for method in MarginEstimate.allCases {
      let estimate = MarginEstimator(network: network, region: region, label: 2, sample: 0).estimate(method)
      #expect(abs(estimate - bracket.upper) < 1e-12, "\(method)")
    }
  }

  @Test(arguments: 0..<8) func `the search and CBC agree`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(70 + seed))
    let network = try random.dense([5, 12, 12, 4])
    let region = try Region(
      ballAround: (0..<5).map { _ in random.uniform(0, 1) }, radius: 0.25, validRange: 0...1)
    let brackets = try ExactEngine.allCases.map {
      try ExactMargin.bracket(of: network, over: region, label: 2, settings: ExactSettings(engine: $0))
    }
    for bracket in brackets {
      #expect(bracket.openReason == nil)
      #expect(abs(bracket.upper - brackets[0].upper) < 2e-6 * max(1, abs(bracket.upper)))
    }
  }

  /// Ranges that are finite each and overflow together: an open bracket, not a trap.
  @Test(arguments: [1.5e308, 1e200]) func `numbers beyond double precision leave the bracket open`(
    _ weight: Double
  ) throws {
    var builder = NetworkBuilder(inputShape: Shape(vector: 1))
    var last = try builder.linear(
      LinearLayer(map: .dense(DenseMap(rows: 1, columns: 1, weights: [weight])), bias: [-weight / 1.5]),
      of: builder.input, shape: Shape(vector: 1), name: "fc1")
    last = builder.activation(.relu, of: last, name: "relu")
    last = try builder.linear(
      LinearLayer(map: .dense(DenseMap(rows: 2, columns: 1, weights: [0, 1 / weight]))), of: last,
      shape: Shape(vector: 2), name: "fc2")
    let network = builder.network(output: last)
    for engine in ExactEngine.allCases {
      let bracket = try ExactMargin.bracket(
        of: network, over: Region(box: Box(lower: [0], upper: [1])), label: 0, settings: ExactSettings(engine: engine))
      #expect(bracket.openReason == .overflow || bracket.gap <= 1e-6)
      #expect(bracket.lower.margin <= 1.0 / 3 + 1e-9 && bracket.upper >= 1.0 / 3 - 1e-9)
    }
  }

  @Test func `no time still gives an honest bracket`() throws {
    var random = RandomNetworks(seed: 11)
    let network = try random.dense([6, 30, 30, 4])
    let region = try Region(ballAround: [Double](repeating: 0.5, count: 6), radius: 0.4, validRange: 0...1)
    let open = try ExactMargin.bracket(of: network, over: region, label: 0, settings: .init(timeout: 0))
    #expect(open.openReason == .timeLimit)
    let closed = try ExactMargin.bracket(of: network, over: region, label: 0, settings: .init())
    #expect(closed.openReason == nil)
    #expect(open.lower.margin <= closed.upper && closed.lower.margin <= open.upper)
  }

  @Test(arguments: ExactEngine.allCases) func `bounds that would take seconds end when the time is up`(
    _ engine: ExactEngine
  ) throws {
    var random = RandomNetworks(seed: 12)
    let network = try random.dense([40, 1800, 1800, 1800, 10])
    let region = try Region(ballAround: [Double](repeating: 0.5, count: 40), radius: 0.4, validRange: 0...1)
    let settings = ExactSettings(timeout: 0.2, engine: engine)
    var watch = Stopwatch()
    let bracket = try ExactMargin.bracket(of: network, over: region, label: 0, settings: settings)
    #expect(watch.lap() < 1.2)
    #expect(bracket.openReason == .timeLimit && bracket.lower.margin <= bracket.upper && bracket.upper < .infinity)
    _ = watch.lap()
    let rows = try ExactRows.margins(of: network, over: region, label: 0, settings: settings)
    #expect(watch.lap() < 1.2)
    #expect(rows.rows.allSatisfy { $0.openReason == .timeLimit && $0.upper < .infinity })
  }

  @Test(arguments: ExactEngine.allCases) func `a hard question ends when its time is up`(_ engine: ExactEngine) throws {
    var random = RandomNetworks(seed: 11)
    let network = try random.dense([6, 30, 30, 30, 4])
    let region = try Region(ballAround: [Double](repeating: 0.5, count: 6), radius: 0.4, validRange: 0...1)
    var watch = Stopwatch()
    let bracket = try ExactMargin.bracket(
      of: network, over: region, label: 0, settings: ExactSettings(timeout: 0.5, engine: engine))
    #expect(watch.lap() < 1.5)
    #expect(bracket.openReason == .timeLimit)
    #expect(bracket.lower.margin <= bracket.upper)
  }
}
