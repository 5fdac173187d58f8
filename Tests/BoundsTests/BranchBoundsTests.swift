import Networks
import TestSupport
import Testing

@testable import Bounds

@Suite struct BranchBoundsTests {
  private struct Question {
    let bounds: RegionBounds
    let units: [BranchUnit]
    var random: RandomNetworks

    init(_ number: Int) throws {
      random = RandomNetworks(seed: 4400 &+ UInt64(number))
      let network = number.isMultiple(of: 3) ? try random.convolutional(outputs: 3) : try random.dense([3, 6, 6, 3])
      var bounds = RegionBounds(of: network, over: random.box(network.inputCount, radius: 0.7))
      bounds.refine()
      self.bounds = bounds
      units = network.activationNodes.flatMap { node in
        bounds.unstableUnits(of: node).map { BranchUnit(node: node.id, unit: $0) }
      }
    }
  }

  @Test(arguments: 0..<60) func `no input that keeps to the phases exceeds a branch's bound`(_ number: Int) throws {
    var question = try Question(number)
    let network = question.bounds.network
    let bounds = BranchBounds(question.bounds)
    var branches: [Branch] = []
    for _ in 0..<12 {
      var branch = Branch(outputs: question.random.index(0...1) == 0 ? [question.random.index(0...2)] : [0, 2])
      var left = question.units
      for _ in 0..<min(left.count, question.random.index(0...4)) {
        let unit = left.remove(at: question.random.index(0...left.count - 1))
        branch = branch.fixing(unit, isActive: question.random.index(0...1) == 0)
      }
      branches.append(branch)
    }
    // Twice, the second time from what the first one found.
    let first = bounds.bound(branches, AlphaSettings(iterations: 10, intermediate: nil), candidates: 2)
    let second = bounds.bound(first.map(\.branch), AlphaSettings(iterations: 5, intermediate: nil), candidates: 0)
    let box = question.bounds.input
    for _ in 0..<200 {
      let point = (0..<box.count).map { question.random.uniform(box.lower[$0], box.upper[$0]) }
      let values = network.intervals(over: Box(lower: point, upper: point))
      for (branch, uppers) in zip(branches, zip(first, second)) {
        let keeps = branch.splits.allSatisfy { split in
          guard case .activation(_, let source) = network[split.node].operation else { return false }
          let value = values[source.index][split.unit]
          return split.isActive ? value.lower >= 0 : value.upper <= 0
        }
        guard keeps else { continue }
        let reach = branch.outputs.reduce(Double.infinity) { min($0, values[network.output.index].lower[$1]) }
        #expect(reach <= uppers.0.upper && reach <= uppers.1.upper)
      }
    }
  }

  @Test func `multipliers bring a branch below its parent`() throws {
    var better = 0
    for number in 0..<20 {
      let question = try Question(3 * number + 1)
      let bounds = BranchBounds(question.bounds)
      let settings = AlphaSettings(intermediate: nil)
      let root = bounds.bound([Branch(outputs: [1])], settings, candidates: 3)[0]
      guard let unit = root.candidates.first else { continue }
      let children = bounds.bound(
        [true, false].map { root.branch.fixing(unit, isActive: $0) }, settings, candidates: 0)
      if children.allSatisfy({ $0.upper <= root.upper + 1e-9 }),
        children.contains(where: { $0.upper < root.upper - 1e-6 })
      {
        better += 1
      }
    }
    #expect(better >= 10)
  }

  @Test func `multipliers and slopes stay with their branches`() throws {
    var (seen, split, left) = (0, 0, 0)
    for number in 0..<20 {
      var question = try Question(number)
      let branches = (0..<5).map { _ in
        var branch = Branch(outputs: [1])
        for unit in question.units where question.random.index(0...2) == 0 {
          branch = branch.fixing(unit, isActive: question.random.index(0...1) == 0)
        }
        for k in branch.splits.indices { branch.splits[k].multiplier = question.random.uniform(0, 2) }
        return branch
      }
      let bounds = BranchBounds(question.bounds)
      for (branch, found) in zip(
        branches, bounds.bound(branches, .init(iterations: 0, intermediate: nil), candidates: 0))
      {
        #expect(found.branch.splits == branch.splits)
        split = max(split, branch.splits.count)
      }
      // Whatever is good enough is left out on the way: places of rows move.
      let uppers = bounds.upperBounds(of: branches).sorted()
      let sufficient = (uppers[1] + uppers[2]) / 2
      let settings = AlphaSettings(iterations: 4, intermediate: nil, sufficient: sufficient)
      let improved = bounds.bound(branches, settings, candidates: 0)
      for (branch, found) in zip(branches, improved) {
        let own = bounds.bound([branch], settings, candidates: 0)[0]
        #expect(abs(found.upper - own.upper) <= 1e-4 * max(1, abs(own.upper)))
        left += found.corner.isEmpty ? 1 : 0
        // What was good enough keeps its own, unless nothing else was left.
        guard own.upper >= sufficient else { continue }
        for (a, b) in zip(found.branch.splits, own.branch.splits) { #expect(abs(a.multiplier - b.multiplier) <= 0.01) }
      }
      let again = bounds.upperBounds(of: improved.map(\.branch))
      let alone = improved.map { bounds.upperBounds(of: [$0.branch])[0] }
      for (together, alone) in zip(again, alone) {
        #expect(abs(together - alone) <= 1e-4 * max(1, abs(alone)))
        seen += 1
      }
    }
    #expect(seen == 100 && split > 3 && left > 10)
  }

  @Test func `what single precision cannot tell is asked again in double precision`() throws {
    var blurred = 0
    for number in 0..<20 {
      let question = try Question(number)
      let relaxations = question.bounds.relaxations(lowerSlope: .adaptive)
      let output = question.bounds.network.output
      let row = LinearRows(count: 1, width: 3, coefficients: [0, 1, 0])
      var single = AlphaCROWN<Float>(row, over: output, bounds: question.bounds, relaxations: relaxations)
      var double = AlphaCROWN<Double>(row, over: output, bounds: question.bounds, relaxations: relaxations)
      let (coarse, fine) = (single.pass()[0], double.pass()[0])
      #expect(fine <= coarse && coarse - single.errors[0] <= fine)
      guard fine.nextUp < coarse else { continue }
      blurred += 1
      let settings = AlphaSettings(iterations: 0, intermediate: nil, sufficient: fine.nextUp)
      let bounded = BranchBounds(question.bounds).bound([Branch(outputs: [1])], settings, candidates: 0)
      #expect(bounded[0].upper <= fine)
    }
    #expect(blurred >= 15)
  }
}
