import Bounds
import Networks
import Tensors

/// The promise of every bound, put to many random networks: no point of the region exceeds it in exact arithmetic.
public struct SoundnessCheck: Sendable {
  /// How many networks, and how many points in the box of each.
  public var networks, points: Int
  /// Which networks: the n-th depends on the seed and n alone.
  public var seed: UInt64
  /// In which precisions products are computed.
  public var precisions: [Precision]
  /// False to judge claims that ignore what backward passes round.
  public var accountsForRounding: Bool

  /// A check of so many networks.
  public init(
    networks: Int, points: Int = 4, seed: UInt64 = 1, precisions: [Precision] = Precision.allCases,
    accountsForRounding: Bool = true
  ) {
    self.networks = networks
    self.points = points
    self.seed = seed
    self.precisions = precisions
    self.accountsForRounding = accountsForRounding
  }

  /// The judgement over all networks; violations name the network's number.
  ///
  /// - Throws: what building a network throws, which would be a fault of the generator.
  public func run(_ workers: Workers = Workers(count: 1)) throws -> BoundJudge {
    var total = BoundJudge()
    for part in workers.map(0..<networks, { index in Result { try judge(network: index) } }) {
      total.merge(try part.get())
    }
    return total
  }

  private func judge(network index: Int) throws -> BoundJudge {
    // Odd steps of a large constant keep the seeds of neighbouring checks apart.
    var random = RandomNetworks(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(index))
    let kinds = RandomNetworks.Extreme.allCases
    let kind = kinds[index % kinds.count]
    let (network, file) = try random.network(kind)
    let box = random.extremeBox(network.inputCount, for: kind)
    let rows = LinearRows(count: 3, width: 3, coefficients: random.coefficients())
    var claims = BoundClaims(
      about: network, over: box, rows: rows, precision: precisions[0], accountsForRounding: accountsForRounding)
    for precision in precisions.dropFirst() {
      let others = BoundClaims(
        about: network, over: box, rows: rows, precision: precision, accountsForRounding: accountsForRounding)
      claims.boxes += others.boxes
      claims.upperBounds += others.upperBounds
    }
    var judge = BoundJudge(subject: "network \(index) (\(kind))")
    judge.judge(claims, about: file, at: (0..<points).map { _ in random.point(in: box) })
    return judge
  }
}
