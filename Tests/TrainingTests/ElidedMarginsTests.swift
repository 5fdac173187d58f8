import Testing

@testable import Training

@Suite struct ElidedMarginsTests {
  @Test("margins and gradients agree with double precision and central differences, for any order of labels")
  func gradients() throws {
    let (inputs, classes, batch) = (7, 4, 6)
    let stack = LayerStack(
      inputShape: .init(vector: inputs), layers: [.affine(AffineLayer(map: .dense(inputs: inputs, outputs: classes)))])
    for labels: [Int32] in [[0, 0, 1, 1, 1, 3], [3, 0, 3, 1, 1, 2]] {
      var numbers = TestNumbers("margins")
      let parameters = numbers.floats(stack.parameterCount)
      let centre = numbers.floats(batch * inputs)
      let radius = numbers.floats(batch * inputs, 0, 0.5)
      var seed = numbers.floats(batch * classes)
      for b in 0..<batch {
        seed[b * classes + Int(labels[b])] = 0
        seed[b * classes + Int(labels[b])] = -seed[b * classes..<(b + 1) * classes].reduce(0, +)
      }
      let margins = ElidedMargins(stack: stack)
      let upper = FloatBuffer(count: batch * classes)
      margins.forward(
        centres: centre, radii: radius, labels: labels, batch: batch, weights: parameters, into: upper.pointer)
      let gradient = FloatBuffer(count: parameters.count)
      let byCentre = FloatBuffer(count: centre.count)
      let byRadius = FloatBuffer(count: centre.count)
      margins.backward(
        seed: seed, centres: centre, radii: radius, labels: labels, batch: batch, weights: parameters,
        into: gradient.pointer, boxGradient: .init(centre: byCentre.pointer, radius: byRadius.pointer))

      let reference = DoubleReference(stack: stack)
      func rows(_ centre: [Double], _ radius: [Double], _ parameters: [Double]) -> [Double] {
        (0..<batch).flatMap { b in
          let range = b * inputs..<(b + 1) * inputs
          return reference.margins(Array(centre[range]), Array(radius[range]), label: Int(labels[b]), parameters)
        }
      }
      let (c, r, w) = (doubles(centre), doubles(radius), doubles(parameters))
      #expect(relativeDistance(upper.values, rows(c, r, w)) < singlePrecision)
      for b in 0..<batch { #expect(upper.values[b * classes + Int(labels[b])] == 0) }
      let s = doubles(seed)
      #expect(
        relativeDistance(byCentre.values, centralDifferences(c) { dot(rows($0, r, w), s) }) < singlePrecision)
      #expect(
        relativeDistance(byRadius.values, centralDifferences(r) { dot(rows(c, $0, w), s) }) < singlePrecision)
      #expect(
        relativeDistance(gradient.values, centralDifferences(w) { dot(rows(c, r, $0), s) }) < singlePrecision)
    }
  }

  @Test("merging the last layer is never looser than the difference of the outputs' own bounds")
  func tighter() throws {
    let stack = try #require(try exampleStacks().last).stack
    var numbers = TestNumbers("tighter")
    let parameters = numbers.floats(stack.parameterCount)
    let reference = DoubleReference(stack: stack)
    for _ in 0..<20 {
      let box = reference.box(
        0..<5, doubles(numbers.floats(stack.inputShape.count)), doubles(numbers.floats(stack.inputShape.count, 0, 0.1)),
        doubles(parameters))
      let outputs = reference.box(5..<6, box.centre, box.radius, doubles(parameters))
      let upper = FloatBuffer(count: 4)
      ElidedMargins(stack: stack).forward(
        centres: box.centre.map(Float.init), radii: box.radius.map(Float.init), labels: [2], batch: 1,
        weights: Array(parameters[stack.offsets[5]...]), into: upper.pointer)
      for i in [0, 1, 3] {
        let separate = outputs.centre[i] + outputs.radius[i] - outputs.centre[2] + outputs.radius[2]
        #expect(Double(upper.values[i]) <= separate + 1e-5 * (1 + separate.magnitude))
      }
    }
  }
}
