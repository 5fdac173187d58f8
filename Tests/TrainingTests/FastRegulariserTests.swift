import Testing

@testable import Training

@Suite struct FastRegulariserTests {
  @Test("penalty and gradient agree with the formula and central differences, whichever side is heavier")
  func gradient() {
    for shift in [-0.7, 0.7] {
      var numbers = TestNumbers("regulariser")
      let c = numbers.floats(40, -1 + shift, 1 + shift)
      let r = numbers.floats(40, 0.1, 0.2)
      let statistics = FastRegulariser.Statistics(centres: c, radii: r, count: 40)
      let (value, gradients) = FastRegulariser.evaluate([statistics], inputRadius: 0.01, weight: 0.5)
      #expect(abs(value - layerPenalty(doubles(c), doubles(r), inputRadius: 0.01)) < 1e-6)
      #expect(value > 2, "All three terms count in this test")
      let gc = FloatBuffer(count: 40)
      let gr = FloatBuffer(count: 40)
      gradients[0].add(centres: c, radii: r, count: 40, toCentres: gc.pointer, radii: gr.pointer)
      let byCentre = centralDifferences(doubles(c)) { 0.5 * layerPenalty($0, doubles(r), inputRadius: 0.01) }
      let byRadius = centralDifferences(doubles(r)) { 0.5 * layerPenalty(doubles(c), $0, inputRadius: 0.01) }
      #expect(relativeDistance(gc.values, byCentre) < singlePrecision)
      #expect(relativeDistance(gr.values, byRadius) < singlePrecision)
    }
  }

  @Test("a layer without stable units of both kinds has no balance term")
  func oneSided() {
    let statistics = FastRegulariser.Statistics(centres: [1, 2], radii: [0.5, 0.5], count: 2)
    let (value, gradients) = FastRegulariser.evaluate([statistics], inputRadius: 1, weight: 1)
    #expect(value == 0)
    #expect(gradients[0].active.constant == 0)
  }
}
