import Attacks
import Bounds
import Networks
import Tensors
import TestSupport
import Testing

/// On MNIST: clean and attacked margins ≤ the worst case of an exact solver ≤ every bound ≤ IBP.
///
/// `benchmarks/bounds/order` asks the same of a thousand images.
@Suite struct BoundOrderTests {
  @Test(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"), arguments: ReferenceBounds.nets)
  func `attacks, worst cases, bounds and IBP stand in order`(_ net: String) throws {
    let reference = try ReferenceBounds.shared.get()
    var order = BoundOrder()
    for (question, worst) in reference.exact where question.net == net && question.index < 20 {
      let (network, region) = try reference.problem(net, question.epsilon, question.index)
      let label = reference.images.label(question.index)
      var stream = RandomStream(seed: 1, purpose: "order", index: question.index)
      let attack = PGD(PGDSettings(steps: 10, restarts: 1, step: 0.4, milestones: [0.5]))
      let found = attack.attack(network, over: region, label: label, losses: [.margin], using: &stream)
      // The solver's value is no lower end of ours by the attack: the point is the judge.
      for point in found { #expect(point.margin <= worst.margin + worst.tolerance) }
      order.add(
        "\(net), ε \(question.epsilon), image \(question.index)", network, over: region, label: label,
        points: [reference.images.image(question.index)] + found.map(\.input), worst: worst)
    }
    #expect(order.known >= 15)
    for violation in order.violations { Issue.record("\(violation)") }
  }

  /// What would be out of order is seen: a worst case above all bounds.
  @Test func `a worst case above the bounds is noticed`() throws {
    var random = RandomNetworks(seed: 5)
    let network = try random.dense([3, 6, 3])
    var order = BoundOrder()
    let region = Region(box: random.box(3, radius: 0.5))
    order.add("network", network, over: region, label: 0, points: [region.inner.lower], worst: (1e6, 1e-4))
    #expect(order.violations.count == BoundMethod.allCases.count)
  }
}
