import Bounds
import Networks
import TestSupport
import Testing

/// Our margins against auto_LiRPA's on trained networks and MNIST images.
///
/// Both compute in double precision: what agrees does so to about 10⁻¹¹, the width of our account of rounding.
@Suite(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct ReferenceBoundsTests {
  static let agreement = 1e-9

  @Test(arguments: ReferenceBounds.nets) func `IBP is the reference's`(_ net: String) throws {
    try compare(net) { row, network, region, margins in
      let ours = RegionBounds(of: network, over: region.outer).upperBounds(of: margins, by: .ibp)
      for i in ours.indices {
        #expect(abs(ours[i] - row.ibp[i]) < Self.agreement)
        #expect(ours[i] >= row.clean[i])
      }
    }
  }

  /// Ours is intersected with IBP, the reference's is not: in 9 of the 1,980 rows IBP is the tighter of the two.
  @Test(arguments: ReferenceBounds.nets) func `CROWN-IBP is the smaller of the reference's and IBP`(
    _ net: String
  ) throws {
    try compare(net) { row, network, region, margins in
      let ours = RegionBounds(of: network, over: region.outer).upperBounds(of: margins, by: .crownIBP)
      for i in ours.indices {
        #expect(abs(ours[i] - min(row.crownIBP[i], row.ibp[i])) < Self.agreement)
        #expect(ours[i] >= row.clean[i])
      }
    }
  }

  /// Our ranges of pre-activations are intersected with those of interval propagation, the reference's are not. A
  /// narrower range may have another lower slope, and so the bound of a row may be looser: it is in 87 rows by more than 10⁻⁵, by 0.087 at
  /// most; in 1,309 it is tighter, by 0.34 at most. The test takes this apart: textbook CROWN is the reference's without
  /// the intersection, and with it ours, but for IBP's bound on the refined ranges where that is smaller; no range is
  /// looser; the mean bound is tighter for each network.
  @Test(arguments: ReferenceBounds.nets) func `CROWN is the reference's on intersected ranges`(_ net: String) throws {
    var difference = 0.0
    try compare(net) { row, network, region, margins in
      var bounds = RegionBounds(of: network, over: region.outer)
      bounds.refine()
      let ours = bounds.upperBounds(of: margins, by: .crown)
      let interval = bounds.upperBounds(of: margins, by: .ibp)
      let alone = try #require(TextbookCROWN(network, over: region.outer, intersects: false))
      let intersected = try #require(TextbookCROWN(network, over: region.outer, intersects: true))
      for (i, (theirs, same)) in zip(alone.upperBounds(of: margins), intersected.upperBounds(of: margins)).enumerated()
      {
        #expect(abs(theirs - row.crown[i]) < Self.agreement)
        #expect(abs(ours[i] - min(same, interval[i])) < Self.agreement)
        #expect(ours[i] >= row.clean[i])
        difference += ours[i] - row.crown[i]
      }
      for (node, range) in zip(network.activationNodes, alone.ranges) {
        let box = bounds.preActivations(of: node)
        let excess = box.lower.indices.map { max(box.upper[$0] - range.upper[$0], range.lower[$0] - box.lower[$0]) }
        #expect(excess.allSatisfy { $0 < Self.agreement })
      }
    }
    #expect(difference < 0)
  }

  /// The reference optimises the slopes of all intermediate ranges together with the rows', for 20 iterations of step 0.1.
  @Test(arguments: ReferenceBounds.nets) func `α-CROWN's mean worst margin is no looser than the reference's`(
    _ net: String
  ) throws {
    let exact = try ReferenceBounds.shared.get().exact
    var excess: [Double: Double] = [:]
    #expect(AlphaSettings().iterations == 20)
    try compare(net) { row, network, region, margins in
      var bounds = RegionBounds(of: network, over: region.outer)
      bounds.refine()
      let crown = bounds.upperBounds(of: margins, by: .crown)
      let ours = bounds.upperBounds(of: margins, by: .alphaCROWN)
      for i in ours.indices { #expect(ours[i] <= crown[i] && ours[i] >= row.clean[i]) }
      let worst = try #require(ours.max())
      excess[row.epsilon, default: 0] += try worst - #require(row.alphaCROWN.max())
      if let (margin, tolerance) = exact[.init(net: row.net, epsilon: row.epsilon, index: row.index)] {
        #expect(worst >= margin - tolerance)
      }
    }
    for (epsilon, total) in excess { #expect(total <= 0, "ε \(epsilon)") }
  }

  private func compare(
    _ net: String, _ body: (ReferenceBounds.Row, Network, Region, LinearRows) throws -> Void
  ) throws {
    let reference = try ReferenceBounds.shared.get()
    for row in reference.rows where row.net == net {
      let (network, region) = try reference.problem(net, row.epsilon, row.index)
      try body(row, network, region, .margins(of: row.classes, label: row.label, outputs: network.outputCount))
    }
  }
}
