import Attacks
import Bounds
import Networks
import Tensors
import TestSupport
import Testing

/// Passes that are to end before they have tightened everything.
@Suite struct RefinementLimitTests {
  @Test func `what was tightened stays, the rest is that of intervals`() throws {
    var random = RandomNetworks(seed: 6)
    let network = try random.dense([3, 10, 10, 10, 3])
    let interval = RegionBounds(of: network, over: random.box(3, radius: 0.5))
    func refined(limit: Int) -> (bounds: RegionBounds, asked: Int) {
      var bounds = interval
      var asked = 0
      bounds.refine(mayContinue: {
        asked += 1
        return asked <= limit
      })
      return (bounds, asked)
    }
    var whole = interval
    whole.refine()
    #expect(refined(limit: 0).bounds.boxes == interval.boxes)
    #expect(refined(limit: .max).bounds.boxes == whole.boxes && whole.boxes != interval.boxes)
    for limit in 0..<refined(limit: .max).asked {
      let (part, asked) = refined(limit: limit)
      // Within a node, and before the next one.
      #expect(limit + 1...limit + 2 ~= asked)
      for (part, loose) in zip(part.boxes, interval.boxes) {
        for unit in 0..<part.count {
          #expect(loose.lower[unit] <= part.lower[unit] && part.upper[unit] <= loose.upper[unit])
        }
      }
      for _ in 0..<5 {
        let outputs = network.outputs(random.point(in: interval.input))
        let box = part.boxes[network.output.index]
        for unit in outputs.indices {
          #expect(box.lower[unit] - 1e-9 <= outputs[unit] && outputs[unit] <= box.upper[unit] + 1e-9)
        }
      }
    }
  }

  @Test func `of large networks fewer rows are pulled back before time is looked at`() throws {
    var random = RandomNetworks(seed: 6)
    let (small, large) = (try random.dense([3, 10, 3]), try random.dense([2000, 4000, 3]))
    #expect(RegionBounds.rowsWithinLimit(of: small) == 512)
    #expect(32..<512 ~= RegionBounds.rowsWithinLimit(of: large))
  }
}

/// Bounds of networks with smooth activations, alone and mixed with ReLUs, and the variants of ReLU's lower line.
@Suite struct CROWNTests {
  #if arch(x86_64)
    static let cases: [(seed: UInt64, spread: Double, radius: Double)] = (0..<16).flatMap { seed in
      [(UInt64(seed), 0, 0.5), (UInt64(seed), 0, 1e-9), (UInt64(seed), 12, 0.3)]
    }

    @Test(arguments: cases)
    func `no point of a smooth network leaves the bounds`(_ seed: UInt64, _ spread: Double, _ radius: Double) throws {
      var random = RandomNetworks(seed: 500 + seed, spread: spread)
      let network = try random.mixed([4, 7, 6, 6, 3])
      let box = random.box(4, radius: radius)
      let interval = RegionBounds(of: network, over: box)
      let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
      var claims: [(String, [Double])] = [("IBP", interval.upperBounds(of: rows, by: .ibp))]
      var boxes = [interval]
      for slope in LowerSlope.allCases {
        claims.append(("CROWN-IBP \(slope)", interval.upperBounds(of: rows, by: .crownIBP, lowerSlope: slope)))
        var refined = interval
        refined.refine(lowerSlope: slope)
        claims.append(("CROWN \(slope)", refined.upperBounds(of: rows, by: .crown, lowerSlope: slope)))
        boxes.append(refined)
      }
      // All corners, points at random, and what an attack finds.
      var points = (0..<16).map { corner in (0..<4).map { corner >> $0 & 1 == 0 ? box.lower[$0] : box.upper[$0] } }
      for _ in 0..<20 { points.append(random.point(in: box)) }
      var stream = RandomStream(seed: seed, purpose: "attack")
      let settings = PGDSettings(steps: 20, restarts: 3, step: 0.3, milestones: [0.5, 0.8])
      points += PGD(settings).attack(
        network, over: Region(box: box), label: 0, losses: [.marginOf(1), .marginOf(2)], using: &stream
      ).map(\.input)
      for point in points {
        let truth = wideValues(of: network, at: point)
        for bounds in boxes {
          for node in network.nodes {
            let box = bounds.boxes[node.id.index]
            for (i, value) in truth[node.id.index].enumerated() {
              #expect(Float80(box.lower[i]) <= value && value <= Float80(box.upper[i]), "\(node.name) element \(i)")
            }
          }
        }
        let outputs = truth[network.output.index]
        for (method, uppers) in claims {
          for (row, upper) in uppers.enumerated() {
            #expect(outputs[row + 1] - outputs[0] <= Float80(upper), "\(method) row \(row)")
          }
        }
      }
    }
  #endif

  @Test(arguments: 0..<16) func `relaxing smooth networks never loses against intervals`(_ seed: UInt64) throws {
    var random = RandomNetworks(seed: 700 + seed)
    let network = try random.mixed([4, 8, 8, 8, 3])
    let interval = RegionBounds(of: network, over: random.box(4, radius: 0.4))
    let rows = LinearRows.margins(of: [1, 2], label: 0, outputs: 3)
    let loose = interval.upperBounds(of: rows, by: .ibp)
    for slope in LowerSlope.allCases {
      var refined = interval
      refined.refine(lowerSlope: slope)
      let claims = [
        interval.upperBounds(of: rows, by: .crownIBP, lowerSlope: slope),
        refined.upperBounds(of: rows, by: .crown, lowerSlope: slope),
      ]
      for claim in claims { for (tight, loose) in zip(claim, loose) { #expect(tight <= loose) } }
      for node in network.nodes {
        let (old, new) = (interval.boxes[node.id.index], refined.boxes[node.id.index])
        for i in 0..<old.count { #expect(new.lower[i] >= old.lower[i] && new.upper[i] <= old.upper[i]) }
      }
    }
  }

  /// Lines are what makes smooth networks' bounds tight: on small regions the error shrinks with the square.
  @Test(arguments: [Activation.sigmoid, .tanh]) func `on small regions bounds are nearly exact`(
    _ activation: Activation
  ) throws {
    var random = RandomNetworks(seed: 9)
    let network = try random.mixed([4, 8, 8, 3], of: [activation])
    let centre = random.weights(4)
    let radius = 1e-4
    var bounds = RegionBounds(
      of: network, over: Box(lower: centre.map { $0 - radius }, upper: centre.map { $0 + radius }))
    let row = LinearRows.margins(of: [1], label: 0, outputs: 3)
    let interval = bounds.upperBounds(of: row, by: .ibp)[0]
    bounds.refine()
    let upper = bounds.upperBounds(of: row, by: .crown)[0]
    // The largest value of the linear function with the gradient at the centre.
    let evaluation = network.evaluate(centre, batch: 1)
    let gradient = evaluation.inputGradient(seed: [-1, 1, 0])
    let largest = evaluation.outputs[1] - evaluation.outputs[0] + radius * gradient.reduce(0) { $0 + $1.magnitude }
    #expect(abs(upper - largest) < 1e-6)
    #expect(upper < interval)
  }

  /// A smooth unit over a range without ends counts with its own range.
  @Test func `unbounded ranges of smooth units leave finite bounds`() throws {
    var builder = NetworkBuilder(inputShape: Shape(vector: 1))
    let steep = try builder.linear(
      LinearLayer(map: .dense(DenseMap(rows: 2, columns: 1, weights: [1e300, 1]))), of: builder.input,
      shape: Shape(vector: 2), name: "steep")
    let sigmoid = builder.activation(.sigmoid, of: steep, name: "sigmoid")
    let network = builder.network(output: sigmoid)
    var bounds = RegionBounds(of: network, over: Box(lower: [-1e10], upper: [1e10]))
    bounds.refine()
    let upper = bounds.upperBounds(of: .elements([0, 1], width: 2), by: .crown)
    #expect(upper.allSatisfy { $0 >= 1 && $0 < 1.001 })
  }
}

extension RandomNetworks {
  /// A fully connected network with an activation of a random kind after each layer but the last, and a sum around
  /// each layer that does not change the size.
  fileprivate mutating func mixed(
    _ sizes: [Int], of kinds: [Activation] = [.sigmoid, .tanh, .sigmoid, .tanh, .relu]
  ) throws -> Network {
    var builder = NetworkBuilder(inputShape: Shape(vector: sizes[0]))
    var last = builder.input
    for (i, size) in sizes.enumerated().dropFirst() {
      let layer = LinearLayer(
        map: .dense(DenseMap(rows: size, columns: sizes[i - 1], weights: weights(size * sizes[i - 1]))),
        bias: weights(size))
      let affine = try builder.linear(layer, of: last, shape: Shape(vector: size), name: "fc\(i)")
      let isResidual = i > 1 && size == sizes[i - 1]
      last = isResidual ? try builder.sum([affine, last], shape: Shape(vector: size), name: "sum\(i)") : affine
      guard i < sizes.count - 1 else { break }
      let kind = kinds[index(0...kinds.count - 1)]
      last = builder.activation(kind, of: last, name: "\(kind.name)\(i)")
    }
    return builder.network(output: last)
  }
}

#if arch(x86_64)
  /// All nodes' values at a point in extended precision, for networks of dense layers.
  private func wideValues(of network: Network, at point: [Double]) -> [[Float80]] {
    var values: [[Float80]] = []
    for node in network.nodes {
      switch node.operation {
      case .input:
        values.append(point.map { Float80($0) })
      case .linear(let layer, let source):
        guard case .dense(let map) = layer.map else { preconditionFailure("Only dense layers") }
        values.append(
          (0..<map.rows).map { row in
            (0..<map.columns).reduce(Float80(layer.bias[row])) { sum, column in
              sum + Float80(map.weights[row * map.columns + column]) * values[source.index][column]
            }
          })
      case .sum(let sources):
        values.append(
          (0..<node.shape.count).map { i in sources.reduce(Float80(0)) { $0 + values[$1.index][i] } })
      case .activation(let activation, let source):
        values.append(values[source.index].map { activation.wide($0) })
      }
    }
    return values
  }
#endif
