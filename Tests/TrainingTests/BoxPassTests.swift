import Testing

@testable import Training

@Suite struct BoxPassTests {
  @Test("boxes and gradients agree with double precision and central differences, layer by layer")
  func gradients() throws {
    for (name, stack) in try exampleStacks() {
      var numbers = TestNumbers("box \(name)")
      let batch = 3
      let all = 0..<stack.layers.count
      let n = stack.inputShape.count
      let m = stack.classCount
      let parameters = numbers.floats(stack.parameterCount)
      let centre = numbers.floats(batch * n)
      let radius = numbers.floats(batch * n, 0, 0.3)
      let centreSeed = numbers.floats(batch * m)
      let radiusSeed = numbers.floats(batch * m)
      let pass = BoxPass(stack: stack, capacity: batch + 1)
      let weights = Parameters(parameters)
      let gradient = ParameterGradient(count: parameters.count)
      pass.centres[0].pointer.update(from: centre, count: centre.count)
      pass.radii[0].pointer.update(from: radius, count: radius.count)
      pass.forward(all, batch: batch, parameters: weights)
      pass.seed.centre.update(from: centreSeed, count: centreSeed.count)
      pass.seed.radius.update(from: radiusSeed, count: radiusSeed.count)
      let inputGradient = try #require(
        pass.backward(all, batch: batch, parameters: weights, into: gradient, needsInput: true))
      let total = FloatBuffer(count: parameters.count)
      ParameterGradient.total([gradient], at: weights, into: total)

      let reference = DoubleReference(stack: stack)
      func row(_ values: [Double], _ b: Int, _ size: Int) -> [Double] { Array(values[b * size..<(b + 1) * size]) }
      func loss(_ centre: [Double], _ radius: [Double], _ parameters: [Double]) -> Double {
        (0..<batch).reduce(0) { sum, b in
          let box = reference.box(all, row(centre, b, n), row(radius, b, n), parameters)
          return sum + dot(box.centre, row(doubles(centreSeed), b, m)) + dot(box.radius, row(doubles(radiusSeed), b, m))
        }
      }
      let (c, r, w) = (doubles(centre), doubles(radius), doubles(parameters))
      let boxes = (0..<batch).map { reference.box(all, row(c, $0, n), row(r, $0, n), w) }
      let centres = Array(pass.centres[all.upperBound].values.prefix(batch * m))
      let radii = Array(pass.radii[all.upperBound].values.prefix(batch * m))
      #expect(relativeDistance(centres, boxes.flatMap(\.centre)) < singlePrecision, "\(name): centres")
      #expect(relativeDistance(radii, boxes.flatMap(\.radius)) < singlePrecision, "\(name): radii")
      let byCentre = centralDifferences(c) { loss($0, r, w) }
      let byRadius = centralDifferences(r) { loss(c, $0, w) }
      let computedByCentre = (0..<batch * n).map { inputGradient.centre[$0] }
      let computedByRadius = (0..<batch * n).map { inputGradient.radius[$0] }
      #expect(relativeDistance(computedByCentre, byCentre) < singlePrecision, "\(name): by centre")
      #expect(relativeDistance(computedByRadius, byRadius) < singlePrecision, "\(name): by radius")
      if !parameters.isEmpty {
        let byParameters = centralDifferences(w) { loss(c, r, $0) }
        #expect(relativeDistance(total.values, byParameters) < singlePrecision, "\(name): parameters")
      }
    }
  }

  @Test("a box of radius zero is its centre, and the gradient with respect to the centre is the point's")
  func pointBox() throws {
    let stack = try #require(try exampleStacks().last).stack
    var numbers = TestNumbers("point box")
    let parameters = Parameters(numbers.floats(stack.parameterCount))
    let input = numbers.floats(2 * stack.inputShape.count)
    let point = PointPass(stack: stack, capacity: 2)
    let box = BoxPass(stack: stack, capacity: 2)
    point.values[0].copy(input)
    box.centres[0].copy(input)
    point.forward(0..<6, batch: 2, parameters: parameters.values.pointer)
    box.forward(0..<6, batch: 2, parameters: parameters)
    #expect(point.values[6].values == box.centres[6].values)
    #expect(box.radii[6].values.allSatisfy { $0 == 0 })
  }
}
