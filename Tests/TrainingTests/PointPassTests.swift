import Testing

@testable import Training

@Suite struct PointPassTests {
  @Test("values and gradients agree with double precision and central differences, layer by layer")
  func gradients() throws {
    for (name, stack) in try exampleStacks() {
      var numbers = TestNumbers("point \(name)")
      let batch = 3
      let all = 0..<stack.layers.count
      let n = stack.inputShape.count
      let m = stack.classCount
      let parameters = numbers.floats(stack.parameterCount)
      let input = numbers.floats(batch * n)
      let seed = numbers.floats(batch * m)
      let pass = PointPass(stack: stack, capacity: batch + 1)
      let weights = FloatBuffer(parameters)
      let gradient = FloatBuffer(count: parameters.count)
      pass.values[0].pointer.update(from: input, count: input.count)
      pass.forward(all, batch: batch, parameters: weights.pointer)
      let inputGradient = try #require(
        pass.backward(
          all, batch: batch, seed: seed, parameters: weights.pointer, into: gradient.pointer, needsInput: true))

      let reference = DoubleReference(stack: stack)
      func loss(_ input: [Double], _ parameters: [Double]) -> Double {
        (0..<batch).reduce(0) { sum, b in
          let output = reference.point(all, Array(input[b * n..<(b + 1) * n]), parameters)
          return sum + dot(output, doubles(Array(seed[b * m..<(b + 1) * m])))
        }
      }
      let outputs = (0..<batch).flatMap { b in
        reference.point(all, doubles(Array(input[b * n..<(b + 1) * n])), doubles(parameters))
      }
      let computed = Array(pass.values[all.upperBound].values.prefix(batch * m))
      #expect(relativeDistance(computed, outputs) < singlePrecision, "\(name): values")
      let byInput = centralDifferences(doubles(input)) { loss($0, doubles(parameters)) }
      let computedByInput = (0..<batch * n).map { inputGradient[$0] }
      #expect(relativeDistance(computedByInput, byInput) < singlePrecision, "\(name): inputs")
      if !parameters.isEmpty {
        let byParameters = centralDifferences(doubles(parameters)) { loss(doubles(input), $0) }
        #expect(relativeDistance(gradient.values, byParameters) < singlePrecision, "\(name): parameters")
      }
    }
  }

  @Test("a gradient for inputs alone leaves the parameters' gradient alone, and a run can start in the middle")
  func partialRuns() throws {
    let stack = try #require(try exampleStacks().last).stack
    var numbers = TestNumbers("partial")
    let parameters = FloatBuffer(numbers.floats(stack.parameterCount))
    let pass = PointPass(stack: stack, capacity: 2)
    let input = numbers.floats(2 * stack.inputShape.count)
    pass.values[0].pointer.update(from: input, count: input.count)
    pass.forward(0..<3, batch: 2, parameters: parameters.pointer)
    pass.forward(3..<6, batch: 2, parameters: parameters.pointer)
    let inTwo = pass.values[6].values
    pass.forward(0..<6, batch: 2, parameters: parameters.pointer)
    #expect(inTwo == pass.values[6].values)
    let seed = numbers.floats(2 * stack.classCount)
    let upper = try #require(
      pass.backward(3..<6, batch: 2, seed: seed, parameters: parameters.pointer, into: nil, needsInput: true))
    let middle = (0..<2 * stack.size(ofBoundary: 3)).map { upper[$0] }
    let lower = try #require(
      pass.backward(0..<3, batch: 2, seed: middle, parameters: parameters.pointer, into: nil, needsInput: true))
    let parts = (0..<input.count).map { lower[$0] }
    let whole = try #require(
      pass.backward(0..<6, batch: 2, seed: seed, parameters: parameters.pointer, into: nil, needsInput: true))
    #expect(parts == (0..<input.count).map { whole[$0] })
  }
}
