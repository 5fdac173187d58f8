import Bounds
import Intervals
import Networks
import Tensors
import TestSupport
import Testing

@testable import Verification

/// Brackets of rows judged by counting all linear pieces in exact arithmetic.
@Suite struct ExactRowsTests {
  private func expect(
    _ bracket: RowBracket, toHold maximum: Rational, closed: Bool, _ what: Comment,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let ends = try #require(Interval(lower: bracket.lower.value, upper: bracket.upper), what)
    #expect(maximum.isInside(ends), what, sourceLocation: location)
    guard closed else { return }
    let size = max(1, bracket.lower.value.magnitude)
    #expect(bracket.openReason == nil && bracket.gap <= 1e-6 * size, what, sourceLocation: location)
  }

  @Test(arguments: 0..<60) func `margins and logits hold their exact extremes`(_ number: Int) throws {
    let kinds = RandomNetworks.Planar.allCases
    let kind = kinds[number % kinds.count]
    var random = RandomNetworks(seed: 0x80B &+ UInt64(number))
    let (network, box) = try random.planar(kind)
    let region = Region(box: box)
    let settings = ExactSettings(timeout: 30)
    let margins = try ExactRows.margins(of: network, over: region, label: 1, settings: settings)
    let exactMargins = ExactMaximum(of: .margins(of: [0, 2], label: 1, outputs: 3), of: network, over: box)
    for (bracket, maximum) in zip(margins.rows, exactMargins.values) {
      try expect(bracket, toHold: maximum, closed: kind.isTame, "margins of network \(number) (\(kind))")
      let truth = exactValues(of: network, at: bracket.lower.input)[network.output.index]
      #expect(region.inner.contains(bracket.lower.input))
      #expect([0, 2].contains { exact(bracket.lower.value) <= truth[$0] - truth[1] })
    }
    let (ranges, work) = try ExactRows.ranges(of: network, over: region, settings: settings)
    let exactLogits = ExactMaximum(
      of: [
        OutputRow.element(0, coefficient: -1), .element(0), .element(1, coefficient: -1), .element(1),
        .element(2, coefficient: -1), .element(2),
      ].coefficients(outputs: 3), of: network, over: box)
    for (bracket, maximum) in zip(work.rows, exactLogits.values) {
      try expect(bracket, toHold: maximum, closed: kind.isTame, "logits of network \(number) (\(kind))")
    }
    for (index, range) in ranges.enumerated() {
      #expect(range.minimum.lowerBound <= range.minimum.upperBound)
      let truth = exactValues(of: network, at: range.minimumInput)[network.output.index][index]
      #expect(truth <= exact(range.minimum.upperBound) && truth >= exact(range.minimum.lowerBound))
      #expect(range.width.lowerBound >= 0 && range.width.lowerBound <= range.width.upperBound)
    }
  }

  @Test(arguments: 0..<24) func `layers hold their exact extremes, within all other bounds`(_ number: Int) throws {
    let kinds = RandomNetworks.Planar.allCases.filter(\.isTame)
    let kind = kinds[number % kinds.count]
    var random = RandomNetworks(seed: 0x1A7E &+ UInt64(number))
    let (network, box) = try random.planar(kind)
    for node in network.activationNodes {
      let prefix = network.prefix(endingAt: node.sources[0])
      let count = prefix.outputCount
      let (ranges, work) = try ExactRows.ranges(
        of: prefix, over: Region(box: box), settings: ExactSettings(timeout: 30))
      let rows = (0..<count).flatMap { [OutputRow.element($0, coefficient: -1), .element($0)] }
      let maximum = ExactMaximum(of: rows.coefficients(outputs: count), of: prefix, over: box)
      for (bracket, value) in zip(work.rows, maximum.values) {
        try expect(bracket, toHold: value, closed: true, "layer \(node.name) of network \(number) (\(kind))")
      }
      for method in BoundMethod.allCases {
        let box = method.ranges(of: prefix, over: box)
        for (unit, range) in ranges.enumerated() {
          #expect(box.lower[unit] <= range.minimum.upperBound && box.upper[unit] >= range.maximum.lowerBound)
        }
      }
    }
  }

  /// Two products and a comparison for each unit: no linear program.
  @Test func `thousands of units of a first layer close at once`() throws {
    var random = RandomNetworks(seed: 5)
    let network = try random.dense([100, 4000, 3])
    let region = try Region(
      ballAround: (0..<100).map { _ in random.uniform(0, 1) }, radius: 0.1, validRange: 0...1)
    let prefix = network.prefix(endingAt: network.activationNodes[0].sources[0])
    let (ranges, work) = try ExactRows.ranges(of: prefix, over: region, settings: ExactSettings())
    #expect(ranges.count == 4000 && work.nodes == 0 && work.solvedRows == 0 && work.openCount == 0)
    #expect(ranges.allSatisfy { $0.openReason == nil && $0.width.upperBound - $0.width.lowerBound < 1e-9 })
    #expect(work.seconds < 20)
  }

  @Test func `no time still gives honest brackets, and little time is shared`() throws {
    var random = RandomNetworks(seed: 11)
    let network = try random.dense([6, 30, 30, 30, 4])
    let region = try Region(ballAround: [Double](repeating: 0.5, count: 6), radius: 0.4, validRange: 0...1)
    let open = try ExactRows.margins(of: network, over: region, label: 0, settings: .init(timeout: 0))
    #expect(open.rows.allSatisfy { $0.openReason == .timeLimit && $0.gap >= 0 } && open.solvedRows == 0)
    let short = try ExactRows.margins(of: network, over: region, label: 0, settings: .init(timeout: 0.5))
    #expect(short.seconds < 1.5)
    for (a, b) in zip(open.rows, short.rows) { #expect(a.lower.value <= b.upper && b.lower.value <= a.upper) }
  }

  @Test func `smooth activations leave brackets open, but not before the first of them`() throws {
    var random = RandomNetworks(seed: 12)
    var builder = NetworkBuilder(inputShape: Shape(vector: 3))
    func layer(_ rows: Int, _ columns: Int) -> LinearLayer {
      LinearLayer(map: .dense(DenseMap(rows: rows, columns: columns, weights: random.weights(rows * columns))))
    }
    var last = try builder.linear(layer(8, 3), of: builder.input, shape: Shape(vector: 8), name: "fc1")
    last = builder.activation(.tanh, of: last, name: "tanh")
    last = try builder.linear(layer(3, 8), of: last, shape: Shape(vector: 3), name: "fc2")
    let network = builder.network(output: last)
    let region = try Region(ballAround: [0.5, 0.5, 0.5], radius: 0.3, validRange: 0...1)
    let logits = try ExactRows.ranges(of: network, over: region, settings: .init())
    #expect(logits.ranges.allSatisfy { $0.openReason == .smoothActivations })
    let prefix = network.prefix(endingAt: network.activationNodes[0].sources[0])
    #expect(try ExactRows.ranges(of: prefix, over: region, settings: .init()).work.openCount == 0)
    let loss = try CrossEntropyBracket(of: network, over: region, label: 0, settings: .init())
    #expect(loss.lower <= loss.upper && loss.margins.openCount == 2)
  }

  @Test func `the largest margin's bracket is the largest of all margins' brackets`() throws {
    var random = RandomNetworks(seed: 13)
    for label in 0..<4 {
      let network = try random.dense([5, 12, 12, 4])
      let region = try Region(ballAround: (0..<5).map { _ in random.uniform(0, 1) }, radius: 0.2, validRange: 0...1)
      let all = try ExactRows.margins(of: network, over: region, label: label, settings: .init())
      let largest = try ExactMargin.bracket(of: network, over: region, label: label, settings: .init())
      #expect(all.openCount == 0)
      #expect(abs((all.rows.map(\.upper).max() ?? 0) - largest.upper) < 3e-6)
    }
  }

  @Test func `outputs that overflow are refused`() throws {
    var builder = NetworkBuilder(inputShape: Shape(vector: 1))
    let last = try builder.linear(
      LinearLayer(map: .dense(DenseMap(rows: 2, columns: 1, weights: [1.5e308, 1])), bias: [1.5e308, 0]),
      of: builder.input, shape: Shape(vector: 2), name: "fc")
    let region = Region(box: Box(lower: [1], upper: [2]))
    #expect(throws: VerificationError.overflow) {
      try ExactRows.ranges(of: builder.network(output: last), over: region, settings: .init())
    }
  }
}
