import Testing

@testable import Training

@Suite struct ConnectorTests {
  @Test("the linear connector's weights are the point's shares of the box, and sum to one")
  func linear() {
    for share: Float in [0, 0.25, 0.5, 0.9, 1] {
      let weights = Connector(reach: 1).weights(of: 2 + 4 * share, lower: 2, upper: 6)
      #expect(abs(weights.lower - (1 - share)) < 1e-6 && abs(weights.upper - share) < 1e-6)
    }
  }

  @Test("the rectified linear connector moves at most one end, and neither at the centre")
  func rectified() {
    let connector = Connector(reach: 0.5)
    #expect(connector.weights(of: 0, lower: 0, upper: 1) == (1, 0))
    #expect(connector.weights(of: 0.25, lower: 0, upper: 1) == (0.5, 0))
    #expect(connector.weights(of: 0.5, lower: 0, upper: 1) == (0, 0))
    #expect(connector.weights(of: 0.875, lower: 0, upper: 1) == (0, 0.75))
  }

  @Test("the binary connector moves an end with the whole gradient where the point touches it, else not")
  func binary() {
    let connector = Connector(reach: 0)
    #expect(connector.weights(of: -1, lower: -1, upper: 1) == (1, 0))
    #expect(connector.weights(of: 1, lower: -1, upper: 1) == (0, 1))
    #expect(connector.weights(of: 0.999, lower: -1, upper: 1) == (0, 0))
  }

  @Test("ends that coincide get half each, whatever the reach", arguments: [Float(0), 0.5, 1])
  func degenerate(reach: Float) {
    #expect(Connector(reach: reach).weights(of: 0, lower: 0, upper: 0) == (0.5, 0.5))
    #expect(Connector(reach: reach).weights(of: 3, lower: 3, upper: 3) == (0.5, 0.5))
  }
}
