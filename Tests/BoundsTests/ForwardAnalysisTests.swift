import Intervals
import Networks
import TestSupport
import Tensors
import Testing

@testable import Bounds

/// The promises that both forward analyses make, judged in exact arithmetic.
@Suite struct ForwardAnalysisTests {
  /// Weights about one, and weights that span 12 and 30 orders of magnitude (2⁴⁰ and 2¹⁰⁰).
  static let cases: [(seed: Int, spread: Double)] = (0..<8).flatMap { seed in
    [0, 40, 100].map { (seed, $0) }
  }

  /// Bytes for all matrices: enough, too little for all of them, nothing.
  static let memoryLimits = [1 << 20, 2500, 0]

  @Test(arguments: cases) func `no point leaves the bounds`(_ seed: Int, _ spread: Double) throws {
    var random = RandomNetworks(seed: UInt64(1000 + seed), spread: spread)
    let networks = [
      try random.dense([3, 6, 5, 3]), try random.convolutional(), try random.branching(), try random.dense([2, 3]),
    ]
    for network in networks {
      let box = random.box(network.inputCount, radius: random.uniform(0, 1) < 0.3 ? 1e-9 : 0.7)
      let interval = RegionBounds(of: network, over: box)
      var refined = interval
      refined.refine()
      let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
      var claims: [(name: String, bounds: RegionBounds, uppers: [Double])] = []
      for (name, known) in [("interval", interval), ("refined", refined)] {
        for limit in Self.memoryLimits {
          let zonotopes = ZonotopeBounds(known, memoryLimit: limit)
          claims.append(("zonotope, \(name), \(limit)", zonotopes.bounds, zonotopes.upperBounds(of: rows)))
          let linear = ForwardLinearBounds(known, memoryLimit: limit)
          claims.append(("forward, \(name), \(limit)", linear.bounds, linear.upperBounds(of: rows)))
        }
      }
      for _ in 0..<4 {
        let truth = exactValues(of: network, at: random.point(in: box))
        let outputs = truth[network.output.index]
        for (name, bounds, uppers) in claims {
          for node in network.nodes {
            for (i, value) in truth[node.id.index].enumerated() {
              #expect(value.isInside(bounds.boxes[node.id.index][i]), "\(name): \(node.name) element \(i)")
            }
          }
          for (row, upper) in uppers.enumerated() where upper.isFinite {
            #expect(outputs[row + 1] - outputs[0] <= exact(upper), "\(name): row \(row)")
          }
        }
      }
    }
  }

  /// The forms alone, not intersected with interval bounds: where nothing else could hide a missing error term.
  @Test(arguments: [0, 1e-12, 0.5]) func `no point leaves the forms`(_ radius: Double) throws {
    let zonotopes = try violations(of: Zonotope.self, roundingShare: 1, radius: radius)
    #expect(zonotopes == 0)
    let linear = try violations(of: ForwardLinear.self, roundingShare: 1, radius: radius)
    #expect(linear == 0)
  }

  /// On a region of one point the forms are no wider than the rounding errors.
  @Test func `without error terms points leave the forms`() throws {
    let zonotopes = try violations(of: Zonotope.self, roundingShare: 0, radius: 0)
    #expect(zonotopes > 10)
    let linear = try violations(of: ForwardLinear.self, roundingShare: 0, radius: 0)
    #expect(linear > 10)
  }

  /// Sums whose terms cancel but for their rounding errors: of centres, of generators, over nodes and in rows.
  @Test(arguments: 0..<20) func `errors of cancelling sums are counted`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(8000 + seed))
    let count = 30
    var row = random.weights(count - 1)
    row.append(-row.reduce(0, +))
    let sum = row.map { exact($0) }.reduce(.zero, +)
    let cancelling = LinearMap.dense(DenseMap(rows: 1, columns: count, weights: row))
    let copying = LinearMap.dense(DenseMap(rows: count, columns: 1, weights: [Double](repeating: 1, count: count)))
    let vector = Shape(vector: count)

    // One input is copied, the copies are weighted and added: by a layer, and by a sum of nodes.
    var builder = NetworkBuilder(inputShape: Shape(vector: 1))
    let copies = try builder.linear(LinearLayer(map: copying), of: builder.input, shape: vector, name: "copies")
    let layered = try builder.linear(LinearLayer(map: cancelling), of: copies, shape: Shape(vector: 1), name: "layer")
    let terms = try row.map { weight in
      try builder.linear(
        LinearLayer(map: .diagonal(DiagonalMap(factors: [weight]))), of: builder.input, shape: Shape(vector: 1),
        name: "term")
    }
    let added = try builder.sum(terms, shape: Shape(vector: 1), name: "sum")
    for output in [layered, added] {
      let network = builder.network(output: output)
      for box in [Box(lower: [1], upper: [1]), Box(lower: [-1], upper: [1])] {
        let zonotopes = ranges(of: network, over: box, Zonotope.self, roundingShare: 1)
        let linear = ranges(of: network, over: box, ForwardLinear.self, roundingShare: 1)
        for ranges in [zonotopes, linear] {
          #expect(sum.isInside(try #require(ranges.last)[0]), "\(network[network.output].name) over \(box)")
        }
      }
    }

    // The sum is a row over ReLUs of the input itself, which have no error of their own.
    var direct = NetworkBuilder(inputShape: vector)
    let positive = direct.activation(.relu, of: direct.input, name: "relu")
    let ones = [Double](repeating: 1, count: count)
    let known = RegionBounds(of: direct.network(output: positive), over: Box(lower: ones, upper: ones))
    for sign in [1.0, -1] {
      let rows = LinearRows(count: 1, width: count, coefficients: row.map { $0 * sign })
      #expect(exact(sign) * sum <= exact(ZonotopeBounds(known).upperBounds(of: rows)[0]))
      #expect(exact(sign) * sum <= exact(ForwardLinearBounds(known).upperBounds(of: rows)[0]))
    }

    // The sum is a row over the copies after a ReLU.
    let hidden = builder.activation(.relu, of: copies, name: "relu")
    let network = builder.network(output: hidden)
    for sign in [1.0, -1] {
      let rows = LinearRows(count: 1, width: count, coefficients: row.map { $0 * sign })
      for box in [Box(lower: [1], upper: [1]), Box(lower: [0], upper: [1])] {
        let known = RegionBounds(of: network, over: box)
        #expect(exact(sign) * sum <= exact(ZonotopeBounds(known).upperBounds(of: rows)[0]))
        #expect(exact(sign) * sum <= exact(ForwardLinearBounds(known).upperBounds(of: rows)[0]))
      }
    }
  }

  /// Each small term is lost beside the first one, which the last one takes away again.
  @Test func `partial sums of many nodes are counted`() throws {
    let count = 1000
    var builder = NetworkBuilder(inputShape: Shape(vector: 1))
    let terms = try (0..<count).map { i in
      try builder.linear(
        LinearLayer(map: .diagonal(DiagonalMap(factors: [i == 0 ? 1 : i == count - 1 ? -1 : 0x1p-53]))),
        of: builder.input, shape: Shape(vector: 1), name: "term \(i)")
    }
    let output = try builder.sum(terms, shape: Shape(vector: 1), name: "sum")
    let network = builder.network(output: output)
    let truth = exact(Double(count - 2) * 0x1p-53)
    for box in [Box(lower: [1], upper: [1]), Box(lower: [-1], upper: [1])] {
      for ranges in [
        ranges(of: network, over: box, Zonotope.self, roundingShare: 1),
        ranges(of: network, over: box, ForwardLinear.self, roundingShare: 1),
      ] {
        #expect(truth.isInside(try #require(ranges.last)[0]))
      }
    }
  }

  /// A layer that says how far its stored coefficients are from the file's speaks of the file's.
  @Test(arguments: 0..<10) func `the distance from the file's coefficients is counted`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(7000 + seed))
    // With 24 bits stored, 1 ± e times a coefficient is a double.
    let error = 0x1p-20
    var stored = NetworkBuilder(inputShape: Shape(vector: 3))
    var real = stored
    var last = stored.input
    for (index, sizes) in [(3, 4), (4, 3)].enumerated() {
      let weights = random.weights(sizes.0 * sizes.1).map { Double(Float($0)) }
      let bias = random.weights(sizes.1).map { Double(Float($0)) }
      let realWeights = weights.map { $0 * (random.uniform(0, 1) < 0.5 ? 1 + error : 1 - error) }
      let realBias = bias.map { $0 + (random.uniform(0, 1) < 0.5 ? error : -error) }
      let shape = Shape(vector: sizes.1)
      let rounded = LinearLayer(
        map: .dense(DenseMap(rows: sizes.1, columns: sizes.0, weights: weights)), bias: bias, coefficientError: error,
        biasError: bias.map { _ in error })
      let file = LinearLayer(
        map: .dense(DenseMap(rows: sizes.1, columns: sizes.0, weights: realWeights)), bias: realBias)
      let next = try stored.linear(rounded, of: last, shape: shape, name: "layer \(index)")
      _ = try real.linear(file, of: last, shape: shape, name: "layer \(index)")
      guard index == 0 else { continue }
      last = stored.activation(.relu, of: next, name: "relu")
      _ = real.activation(.relu, of: next, name: "relu")
    }
    let box = random.box(3, radius: seed % 2 == 0 ? 0 : 1e-6)
    let output = NodeID(last.index + 1)
    let network = stored.network(output: output)
    let linear = ranges(of: network, over: box, ForwardLinear.self, roundingShare: 1)
    let zonotopes = ranges(of: network, over: box, Zonotope.self, roundingShare: 1)
    for _ in 0..<10 {
      let truth = exactValues(of: real.network(output: output), at: random.point(in: box))
      for ranges in [linear, zonotopes] {
        #expect(ranges.count == truth.count)
        for (values, range) in zip(truth, ranges) {
          for (i, value) in values.enumerated() { #expect(value.isInside(range[i])) }
        }
      }
    }
  }

  private func violations<Form: ForwardForm>(
    of type: Form.Type, roundingShare: Double, radius: Double
  ) throws -> Int {
    var count = 0
    for seed in 0..<12 {
      var random = RandomNetworks(seed: UInt64(2000 + seed), spread: 40)
      for network in [try random.dense([3, 8, 8, 3]), try random.convolutional(), try random.branching()] {
        let box = random.box(network.inputCount, radius: radius)
        let ranges = ranges(of: network, over: box, type, roundingShare: roundingShare)
        for _ in 0..<3 {
          let truth = exactValues(of: network, at: random.point(in: box))
          for (values, range) in zip(truth, ranges) {
            for (i, value) in values.enumerated() where !value.isInside(range[i]) { count += 1 }
          }
        }
      }
    }
    return count
  }

  /// The forms' own ranges of the first nodes, up to one that crossed or overflowed.
  private func ranges<Form: ForwardForm>(
    of network: Network, over box: Box, _ type: Form.Type, roundingShare: Double
  ) -> [Box] {
    var rules = FormRules()
    rules.roundingShare = roundingShare
    var forms: [Form] = []
    var ranges: [Box] = []
    for node in network.nodes {
      let form: Form =
        switch node.operation {
        case .input: Form(input: box, rules: &rules)
        case .linear(let layer, let source): forms[source.index].image(under: layer, rules: &rules)
        case .sum(let sources): Form.sum(sources.map { forms[$0.index] }, rules: &rules)
        case .activation(let activation, let source):
          forms[source.index].image(under: activation, on: ranges[source.index], rules: &rules)
        }
      guard let range = form.range else { break }
      forms.append(form)
      ranges.append(range)
    }
    return ranges
  }

  @Test(arguments: 0..<20) func `never looser than what was known`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(3000 + seed))
    for network in [try random.dense([4, 10, 10, 3]), try random.branching()] {
      let interval = RegionBounds(of: network, over: random.box(network.inputCount, radius: 0.5))
      var refined = interval
      refined.refine()
      let rows = LinearRows.margins(of: [0, 2], label: 1, outputs: 3)
      for known in [interval, refined] {
        let loose = known.upperBounds(of: rows, by: .ibp)
        let zonotopes = ZonotopeBounds(known)
        let linear = ForwardLinearBounds(known)
        #expect(zonotopes.mergedGenerators == 0 && linear.mergedInputs == 0)
        for (bounds, uppers) in [
          (zonotopes.bounds, zonotopes.upperBounds(of: rows)), (linear.bounds, linear.upperBounds(of: rows)),
        ] {
          for row in 0..<2 { #expect(uppers[row] <= loose[row]) }
          for (old, new) in zip(known.boxes, bounds.boxes) {
            for i in 0..<old.count { #expect(new.lower[i] >= old.lower[i] && new.upper[i] <= old.upper[i]) }
          }
        }
        for method in [BoundMethod.zonotope, .forward] {
          for (bound, loose) in zip(known.upperBounds(of: rows, by: method), loose) { #expect(bound <= loose) }
        }
      }
    }
  }

  /// No activation: the largest value over the corners is the bound, but for rounding.
  @Test(arguments: 0..<10) func `affine networks are bounded exactly`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(4000 + seed))
    let network = try random.affine()
    let box = random.box(3, radius: 1)
    let known = RegionBounds(of: network, over: box)
    let corners = (0..<8).map { corner in
      exactValues(of: network, at: (0..<3).map { corner >> $0 & 1 == 0 ? box.lower[$0] : box.upper[$0] })
    }
    let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
    let zonotopes = ZonotopeBounds(known)
    let linear = ForwardLinearBounds(known)
    for (bounds, uppers) in [
      (zonotopes.bounds, zonotopes.upperBounds(of: rows)), (linear.bounds, linear.upperBounds(of: rows)),
    ] {
      for node in network.nodes {
        for i in 0..<node.shape.count {
          let values = corners.map { $0[node.id.index][i] }
          let range = bounds.boxes[node.id.index][i]
          #expect(values.allSatisfy { $0 <= exact(range.upper) && exact(range.lower) <= $0 })
          #expect(values.contains { exact(range.upper) - $0 < exact(1e-12) })
          #expect(values.contains { $0 - exact(range.lower) < exact(1e-12) })
        }
      }
      for row in 0..<2 {
        let values = corners.map { $0[network.output.index] }.map { $0[row + 1] - $0[0] }
        #expect(values.allSatisfy { $0 <= exact(uppers[row]) })
        #expect(values.contains { exact(uppers[row]) - $0 < exact(1e-12) })
      }
    }
  }

  /// Sigmoids and tanhs are judged by enclosures of their values at points.
  @Test(arguments: 0..<20) func `smooth activations`(_ seed: Int) throws {
    var random = RandomNetworks(seed: UInt64(5000 + seed), spread: seed % 2 == 0 ? 0 : 10)
    let network = try random.smooth()
    let box = random.box(3, radius: seed % 3 == 0 ? 5 : 0.2)
    let known = RegionBounds(of: network, over: box)
    let rows = LinearRows.elements([0, 1, 2], width: 3)
    let zonotopes = ZonotopeBounds(known)
    let linear = ForwardLinearBounds(known)
    for (bounds, uppers) in [
      (zonotopes.bounds, zonotopes.upperBounds(of: rows)), (linear.bounds, linear.upperBounds(of: rows)),
    ] {
      for _ in 0..<50 {
        let point = random.point(in: box)
        for (truth, range) in zip(network.intervals(over: Box(lower: point, upper: point)), bounds.boxes) {
          for i in 0..<truth.count { #expect(truth.lower[i] <= range.upper[i] && range.lower[i] <= truth.upper[i]) }
        }
        let output = network.enclosure(at: point)
        for row in 0..<3 { #expect(output.lower[row] <= uppers[row]) }
      }
    }
    let loose = known.upperBounds(of: rows, by: .ibp)
    if seed % 3 != 0, seed % 2 == 0 {
      for row in 0..<3 {
        #expect(zonotopes.upperBounds(of: rows)[row] < loose[row])
        #expect(linear.upperBounds(of: rows)[row] < loose[row])
      }
    }
  }

  @Test func `overflow leaves bounds that say nothing, not wrong ones`() throws {
    var random = RandomNetworks(seed: 1, spread: 1500)
    for _ in 0..<10 {
      let network = try random.dense([3, 5, 5, 3])
      let box = random.box(3, radius: 1)
      let known = RegionBounds(of: network, over: box)
      let truth = exactValues(of: network, at: random.point(in: box))[network.output.index]
      for method in [BoundMethod.zonotope, .forward] {
        let uppers = known.upperBounds(of: .margins(of: [1, 2], label: 0, outputs: 3), by: method)
        for row in 0..<2 where uppers[row].isFinite { #expect(truth[row + 1] - truth[0] <= exact(uppers[row])) }
        #expect(!uppers.contains { $0.isNaN })
      }
    }
  }

  @Test func `an unbounded input leaves what intervals know`() throws {
    var random = RandomNetworks(seed: 2)
    let network = try random.smooth()
    let known = RegionBounds(of: network, over: .entire(count: 3))
    let rows = LinearRows.elements([0, 1, 2], width: 3)
    let intervals = known.upperBounds(of: rows, by: .ibp)
    for method in [BoundMethod.zonotope, .forward] {
      for (bound, interval) in zip(known.upperBounds(of: rows, by: method), intervals) {
        #expect(interval.isFinite && bound <= interval && bound > interval - 1e-12)
      }
    }
  }
}

extension RandomNetworks {
  /// Two branches with ReLUs of their own, and a third without any, that meet in the output: 3 inputs, 3 outputs.
  mutating func branching() throws -> Network {
    var builder = NetworkBuilder(inputShape: Shape(vector: 3))
    let first = try dense(4, of: builder.input, 3, in: &builder)
    let hidden = builder.activation(.relu, of: first, name: "relu 1")
    let second = try dense(4, of: hidden, 4, in: &builder)
    let residual = try builder.sum([second, hidden, second], shape: Shape(vector: 4), name: "residual")
    let last = builder.activation(.relu, of: residual, name: "relu 2")
    let terms = [
      try dense(3, of: hidden, 4, in: &builder), try dense(3, of: last, 4, in: &builder),
      try dense(3, of: builder.input, 3, in: &builder),
    ]
    let output = try builder.sum(terms, shape: Shape(vector: 3), name: "output")
    return builder.network(output: output)
  }

  /// Three affine layers and a residual sum: 3 inputs, 3 outputs.
  mutating func affine() throws -> Network {
    var builder = NetworkBuilder(inputShape: Shape(vector: 3))
    let first = try dense(5, of: builder.input, 3, in: &builder)
    let second = try dense(5, of: first, 5, in: &builder)
    let sum = try builder.sum([first, second], shape: Shape(vector: 5), name: "sum")
    let output = try dense(3, of: sum, 5, in: &builder)
    return builder.network(output: output)
  }

  /// A sigmoid and a tanh layer: 3 inputs, 3 outputs.
  mutating func smooth() throws -> Network {
    var builder = NetworkBuilder(inputShape: Shape(vector: 3))
    let first = builder.activation(.sigmoid, of: try dense(6, of: builder.input, 3, in: &builder), name: "sigmoid")
    let second = builder.activation(.tanh, of: try dense(5, of: first, 6, in: &builder), name: "tanh")
    let output = try dense(3, of: second, 5, in: &builder)
    return builder.network(output: output)
  }

  private mutating func dense(
    _ rows: Int, of source: NodeID, _ columns: Int, in builder: inout NetworkBuilder
  ) throws -> NodeID {
    try builder.linear(
      LinearLayer(
        map: .dense(DenseMap(rows: rows, columns: columns, weights: weights(rows * columns))), bias: weights(rows)),
      of: source, shape: Shape(vector: rows), name: "dense of node \(source.index)")
  }
}
