import Testing

@testable import Reports

@Suite struct FigureAxisTests {
  @Test func scalesThatDifferNeedALogarithm() {
    #expect(FigureAxis.suiting([[1, 2], [0.5, -0.3]]) == .linear)
    #expect(FigureAxis.suiting([[0, 0], [0.5]]) == .linear)
    #expect(FigureAxis.suiting([]) == .linear)
    #expect(FigureAxis.suiting([[1.5, 1.4], [-0.012, 0.011]]) == .symmetricLogarithmic(threshold: 0.01))
    // Four decades at most below the largest scale.
    #expect(FigureAxis.suiting([[150], [1e-9]]) == .symmetricLogarithmic(threshold: 0.1))
  }

  @Test func positionsAndValuesAreInverse() {
    for axis in [FigureAxis.linear, .symmetricLogarithmic(threshold: 0.02)] {
      for value in [-30, -0.01, 0, 1e-5, 0.3, 1000] as [Double] {
        #expect(abs(axis.value(axis.position(value)) - value) <= 1e-12 * abs(value))
      }
      #expect(axis.position(0) == 0)
    }
  }

  @Test func ticksAreRound() {
    #expect(FigureAxis.linear.ticks(from: -0.3, to: 2.1).compactMap(\.label) == ["0", "0.5", "1", "1.5", "2"])
    #expect(
      FigureAxis.symmetricLogarithmic(threshold: 0.01).ticks(from: -0.2, to: 3).compactMap(\.label) == [
        "−0.1", "−0.01", "0", "0.01", "0.1", "1",
      ])
    #expect(FigureAxis.niceStep(atLeast: 0.2) == 0.2)
    #expect(FigureAxis.niceStep(atLeast: 2.1) == 2.5)
    #expect(FigureAxis.niceStep(atLeast: 7) == 10)
  }
}
