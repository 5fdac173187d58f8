import Networks
import TestSupport
import Testing

@Suite struct NetworkPrefixTests {
  @Test func `a prefix computes what its last node computes, and has no nodes besides`() throws {
    var random = RandomNetworks(seed: 3)
    for _ in 0..<10 {
      let network = try random.convolutional()
      let point = random.weights(network.inputCount)
      let values = network.evaluate(point).values
      for node in network.nodes {
        let prefix = network.prefix(endingAt: node.id)
        #expect(prefix.nodes.count <= node.id.index + 1)
        #expect(prefix.inputShape == network.inputShape && prefix.outputShape == node.shape)
        #expect(prefix[prefix.output].name == node.name)
        #expect(prefix.outputs(point) == values[node.id.index])
      }
    }
  }

  @Test func `what a node does not depend on is left out`() throws {
    var random = RandomNetworks(seed: 4)
    let network = try random.convolutional()
    // The sum's second source is the activation before the branch.
    guard case .sum(let sources) = network.nodes.first(where: { $0.name == "residual" })?.operation else {
      Issue.record("no sum")
      return
    }
    let kept = network.prefix(endingAt: sources[1])
    #expect(kept.nodes.map(\.name) == ["input", "conv1", "bn1", "relu1"])
  }
}
