import Reports
import Testing

@Suite struct HistogramTests {
  @Test(arguments: [FigureAxis.linear, .symmetricLogarithmic(threshold: 0.01)])
  func everyValueIsCountedWhereItLies(axis: FigureAxis) {
    let values = (0..<500).map { i in Double((i * 7919) % 1000) / 250 - 1 }
    let histogram = Histogram([("a", values), ("b", [0, 0.5])], axis: axis)
    for (series, list) in zip(histogram.series, [values, [0, 0.5]]) {
      #expect(series.counts.reduce(0, +) + series.below + series.above == list.count)
      for (bin, count) in series.counts.enumerated() {
        let low = histogram.edges[bin]
        let high = histogram.edges[bin + 1]
        // A value within rounding of an edge may fall on either side.
        let slack = (high - low) * 1e-9
        #expect(list.count { low + slack <= $0 && $0 < high - slack } <= count)
        #expect(count <= list.count { low - slack <= $0 && $0 < high + slack })
      }
      #expect(series.counts.first == 0)
      #expect(series.counts.last == 0)
    }
    #expect(zip(histogram.edges, histogram.edges.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test(arguments: [FigureAxis.linear, .symmetricLogarithmic(threshold: 0.01)])
  func aBinIsCentredOnZero(axis: FigureAxis) throws {
    let histogram = Histogram([("a", [-0.4, -1e-12, 0, 1e-12, 2])], axis: axis)
    let bin = try #require(histogram.edges.lastIndex { $0 <= 0 })
    #expect(abs(histogram.edges[bin] + histogram.edges[bin + 1]) < 1e-12)
    #expect(histogram.series[0].counts[bin] == 3)
  }

  @Test func longTailsAreCutAndCounted() {
    let values = (0..<1000).map { Double($0) / 1000 } + [400, 500]
    let histogram = Histogram([("a", values), ("b", [-0.1, -300])], axis: .linear)
    #expect(histogram.series[0].above == 2)
    #expect(histogram.series[1].below + histogram.series[1].counts.reduce(0, +) == 2)
    #expect((10...100).contains(histogram.edges.count))
  }

  @Test(
    arguments: [
      [], [0], [0.5], [-3, -3, -3], [1e300, 1], [.infinity, .nan, -.infinity], [Double.leastNonzeroMagnitude, 1e-300],
      [1e99, -1e99],
      [1e-99, 1e99], [1e6, 1e6 + 1e-6],
    ] as [[Double]])
  func degenerateListsHaveBinsToo(values: [Double]) {
    for axis in [nil, FigureAxis.linear] {
      let histogram = Histogram([("a", values), ("b", [])], axis: axis)
      #expect((3...200).contains(histogram.edges.count))
      #expect(histogram.edges.allSatisfy { $0.isFinite })
      let series = histogram.series[0]
      #expect(series.counts.reduce(series.below + series.above + series.unplaced, +) == values.count)
    }
    #expect(Histogram([], axis: nil).series.isEmpty)
  }
}
