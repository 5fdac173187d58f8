import MathematicalPrograms
import RegionNetworks

extension PhaseSearch where Solver: ~Copyable {
  /// Pieces that a climb visits at most, and how near to zero a pre-activation counts as vanishing.
  private static var pieces: Int { 8 }
  private static var edge: Double { 1e-7 }

  /// Offers a relaxed solution's input, where it promises more than the incumbent, and what can be reached from there.
  mutating func look(at solution: NodeRelaxation<Solver>.Solution, _ lp: inout NodeRelaxation<Solver>) {
    let found = lp.region.objectives[0].value(input: solution.input, outputs: lp.region.outputs(at: solution.input))
    guard found > incumbent + request.tolerance(incumbent) / 2 else { return }
    let basis = lp.basis()
    incumbent = max(incumbent, request.offer(climb(from: solution.input, value: found, &lp)))
    lp.start(from: basis)
  }

  /// Climbs from one linear piece of the region network to the next.
  ///
  /// On the inputs that share an activation pattern the objective is linear: the program with all phases fixed finds
  /// its best input there. Where that lies on the piece's edge, the units whose pre-activations vanish may change
  /// sign, and the neighbouring piece is climbed in turn.
  private mutating func climb(
    from start: [Double], value startValue: Double, _ lp: inout NodeRelaxation<Solver>
  ) -> [Double] {
    var best = (input: start, value: startValue)
    var pattern = lp.region.activePattern(at: start)
    var tried: Set<[Bool]> = []
    for _ in 0..<Self.pieces where tried.insert(pattern).inserted {
      // A limit that ends a climb has not ended the search yet.
      let seconds = request.remaining()
      guard seconds > 0, outcome.nodes < request.nodeLimit,
        let solution = lp.solve(pattern.map { $0 ? .active : .inactive }, seconds: seconds), solution.outcome.isOptimal
      else { break }
      outcome.nodes += 1
      outcome.iterations &+= solution.outcome.iterations
      let outputs = lp.region.outputs(at: solution.input)
      let found = lp.region.objectives[0].value(input: solution.input, outputs: outputs)
      guard found > best.value else { break }
      best = (solution.input, found)
      pattern = zip(lp.region.units, pattern).map { unit, active in
        let value = unit.preActivation.value(input: solution.input, outputs: outputs)
        return value.magnitude <= Self.edge ? !active : value > 0
      }
    }
    return best.input
  }
}
