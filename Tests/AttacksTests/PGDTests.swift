import Networks
import TestSupport
import Tensors
import Testing

@testable import Attacks

@Suite struct PGDTests {
  @Test(arguments: 0..<10) func `points lie in the region and beat random ones`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(seed))
    let network = try random.dense([6, 12, 12, 3])
    let region = try Region(
      ballAround: (0..<6).map { _ in random.uniform(0, 1) }, radius: 0.2, validRange: 0...1)
    var stream = RandomStream(seed: 1, purpose: "test", index: seed)
    let losses: [AttackLoss] = [.margin, .crossEntropy, .marginOf(2)]
    var settings = PGDSettings.study
    // Few starts end in local maxima now and then; many do not.
    settings.restarts = 20
    let found = PGD(settings).attack(network, over: region, label: 0, losses: losses, using: &stream)
    #expect(found.count == 3)
    var bestRandom = -Double.infinity
    for _ in 0..<200 {
      // Sign steps stall on ridges now and then, where a lucky corner may be better: interior points are the measure.
      let point = zip(region.inner.lower, region.inner.upper).map { random.uniform($0, $1) }
      let outputs = network.outputs(point)
      bestRandom = max(bestRandom, max(outputs[1], outputs[2]) - outputs[0])
    }
    for point in found {
      #expect(region.inner.contains(point.input))
      let outputs = network.outputs(point.input)
      #expect(abs(outputs[point.adversarialClass] - outputs[0] - point.margin) < 1e-12)
    }
    #expect(found[0].margin >= bestRandom - 1e-6)
    #expect(found[2].adversarialClass == 2)
  }

  @Test func `the same stream gives the same points`() throws {
    var random = RandomNetworks(seed: 3)
    let network = try random.dense([4, 8, 3])
    let region = try Region(ballAround: [0.5, 0.5, 0.5, 0.5], radius: 0.3, validRange: 0...1)
    let points = (0..<2).map { _ in
      var stream = RandomStream(seed: 7, purpose: "test")
      return PGD(.study).attack(network, over: region, label: 1, losses: [.margin], using: &stream)
    }
    #expect(points[0] == points[1])
  }

  @Test func `an attack that stops is content with less, and changes nothing where nothing is misclassified`() throws {
    var random = RandomNetworks(seed: 5)
    var weaker = 0
    for seed in 0..<20 {
      let network = try random.dense([6, 12, 12, 3])
      let region = try Region(
        ballAround: (0..<6).map { _ in random.uniform(0, 1) }, radius: 0.3, validRange: 0...1)
      func attack(stopping: Bool) -> AttackPoint? {
        var stream = RandomStream(seed: 1, purpose: "test", index: seed)
        return PGD(.study).attack(
          network, over: region, label: 0, losses: [.margin], stopping: stopping, using: &stream
        ).first
      }
      let best = try #require(attack(stopping: false))
      let first = try #require(attack(stopping: true))
      #expect(best.margin >= 0 ? 0...best.margin ~= first.margin : first == best)
      weaker += first.margin < best.margin ? 1 : 0
    }
    #expect(weaker > 0)
  }

  @Test func `an attack ends with what it has when it may not continue`() throws {
    var random = RandomNetworks(seed: 3)
    let network = try random.dense([4, 8, 3])
    let region = try Region(ballAround: [0.5, 0.5, 0.5, 0.5], radius: 0.3, validRange: 0...1)
    func attack(limit: Int) throws -> (best: AttackPoint, asked: Int) {
      var stream = RandomStream(seed: 7, purpose: "test")
      var asked = 0
      let found = PGD(.study).attack(network, over: region, label: 1, losses: [.margin], using: &stream) {
        asked += 1
        return asked <= limit
      }
      return (try #require(found.first), asked)
    }
    var last = -Double.infinity
    for limit in 0...PGDSettings.study.steps {
      let (best, asked) = try attack(limit: limit)
      #expect(asked == min(limit + 1, PGDSettings.study.steps) && best.margin >= last)
      last = best.margin
    }
    var stream = RandomStream(seed: 7, purpose: "test")
    let whole = PGD(.study).attack(network, over: region, label: 1, losses: [.margin], using: &stream)
    let (least, most) = (try attack(limit: 0).best, try attack(limit: .max).best)
    #expect(whole == [most] && most.margin == last && least.margin < last)
  }

  @Test func `the step shrinks at its milestones`() {
    let settings = PGDSettings.study
    #expect([0, 24, 25, 39, 40, 45].map(settings.stepLength) == [0.2, 0.2, 0.02, 0.02, 0.002, 0.0002])
  }
}
