import Networks
import Testing

@testable import Training

@Suite struct TrainedNetworkTests {
  @Test("the network handed over computes what was trained")
  func sameOutputs() throws {
    var configuration = barsConfiguration()
    configuration.epochs = 1
    configuration.rampEpochs = 1
    let set = try bars(count: 100, stream: "training")
    let trained = try Trainer(configuration: configuration, training: set).train()
    let network = try trained.network()
    #expect(network.inputShape == set.shape)
    #expect(network.outputCount == 4)
    #expect(network.parameterCount > 0)
    let pass = PointPass(stack: trained.stack, capacity: 10)
    let input = set.pixels.prefix(640).map { Float($0) / 255 }
    pass.values[0].copy(input)
    let parameters = Parameters(trained.parameters)
    pass.forward(0..<trained.stack.layers.count, batch: 10, parameters: parameters.values.pointer)
    let outputs = pass.values[trained.stack.layers.count].values
    #expect(relativeDistance(outputs, network.outputs(doubles(input), batch: 10)) < singlePrecision)
  }
}
