import Bounds
import Networks
import TestSupport
import Testing

/// The judge of `benchmarks/soundness/run` on fewer networks, and whether it would notice a fault.
@Suite struct SoundnessCheckTests {
  @Test func `no bound of 500 random networks is beaten`() throws {
    let judge = try SoundnessCheck(networks: 500).run()
    for violation in judge.violations { Issue.record("\(violation)") }
    #expect(judge.networks == 500 && judge.points == 2000)
    // Most bounds claim something, and some are tight: otherwise nothing was judged. Single precision cannot hold some of
    // these weights, and says nothing there.
    #expect(judge.infinite * 3 < judge.comparisons)
    for method in BoundMethod.allCases {
      let tightest = try #require(judge.tightest[method.rawValue])
      #expect(tightest < 1e-12)
      let single = try #require(judge.tightest[method.rawValue + ", single"])
      #expect(single < 1e-4)
    }
  }

  /// Without the account of rounding, the same networks beat every method that rests on backward passes, and networks of
  /// every kind do.
  @Test func `the judge notices what ignores rounding`() throws {
    for precision in Precision.allCases {
      let judge = try SoundnessCheck(networks: 160, precisions: [precision], accountsForRounding: false).run()
      for method in [BoundMethod.ibp, .crownIBP, .crown] {
        #expect(judge.violations.contains { $0.claimant.hasPrefix(method.rawValue) }, "none by \(method), \(precision)")
      }
      for kind in RandomNetworks.Extreme.allCases where precision == .double {
        #expect(judge.violations.contains { $0.subject.contains("\(kind)") }, "none in \(kind) networks")
      }
    }
  }

  /// The same for ranges of nodes: centre and radius through each layer, rounded to nearest.
  @Test func `the judge notices interval propagation that ignores rounding`() throws {
    var random = RandomNetworks(seed: 4)
    var judge = BoundJudge()
    for kind in RandomNetworks.Extreme.allCases {
      for _ in 0..<10 {
        let (network, file) = try random.network(kind)
        let box = random.extremeBox(network.inputCount, for: kind)
        let rows = LinearRows(count: 3, width: 3, coefficients: random.coefficients())
        var claims = BoundClaims(about: network, over: box, rows: rows)
        claims.boxes = [("rounded to nearest", nearestIntervals(of: network, over: box))]
        claims.upperBounds = []
        judge.judge(claims, about: file, at: (0..<4).map { _ in random.point(in: box) })
      }
    }
    #expect(judge.violations.count > 100)
  }

  /// Networks too large for the thousands of the others: sums over sparse matrices round as often as they have terms.
  @Test func `no bound of networks with sparse matrices is beaten`() throws {
    var random = RandomNetworks(seed: 64, spread: 40)
    var judge = BoundJudge()
    for _ in 0..<12 {
      let network = try random.sparse()
      let isTakenForSparse = network.multiplyAdds < 80 * 64
      #expect(isTakenForSparse)
      let box = random.box(network.inputCount, radius: 0.5)
      let rows = LinearRows(count: 3, width: 3, coefficients: random.coefficients())
      for precision in Precision.allCases {
        judge.judge(
          BoundClaims(about: network, over: box, rows: rows, precision: precision), about: network,
          at: (0..<4).map { _ in random.point(in: box) })
      }
    }
    for violation in judge.violations { Issue.record("\(violation)") }
    #expect(judge.infinite * 3 < judge.comparisons)
  }

  private func nearestIntervals(of network: Network, over input: Box) -> [Box] {
    var boxes: [Box] = []
    for node in network.nodes {
      guard case .linear(let layer, let source) = node.operation else {
        boxes.append(network.interval(of: node, from: boxes, input: input))
        continue
      }
      let (centre, radius) = boxes[source.index].centreAndRadius
      let middle = zip(layer.map.apply(centre, batch: 1), layer.bias).map { $0 + $1 }
      let spread = layer.map.apply(radius, batch: 1, .magnitudes)
      boxes.append(Box(lower: zip(middle, spread).map { $0 - $1 }, upper: zip(middle, spread).map { $0 + $1 }))
    }
    return boxes
  }
}
