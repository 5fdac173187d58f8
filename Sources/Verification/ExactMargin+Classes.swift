import Bounds
import BranchAndBound
import MathematicalPrograms
import Networks
import RegionNetworks

extension ExactMargin {
  /// A class whose bound lies above what the attack attained.
  struct OpenClass {
    let index: Int
    /// What its margin is at most.
    var upper: Double
    /// What was attained when its turn came; nil before.
    var start: Witness?
    /// Whether anything is left to search, and whether CBC was asked for its opinion.
    var isUnfinished = true, isAsked = false
    /// Why its last search left it open.
    var reason: OpenReason?
    /// How many linear programs its searches solved.
    var nodes = 0

    init(index: Int, upper: Double) {
      self.index = index
      self.upper = upper
    }
  }

  /// How many times as many linear programs a search of the next round may take.
  private static var growth: Int { 3 }
  /// By what share of its distance to the incumbent a class is brought down at once.
  private static var longestStep: Double { 0.5 }
  private static var shortestStep: Double { 0.125 }

  /// Proves that classes cannot beat the incumbent, or raises the incumbent to what they reach.
  ///
  /// A search goes down to the incumbent depth first, so that its bound is that of its root until nearly all is done.
  /// Where it has not come to its end within a round's programs, the highest class is brought down by steps of half its
  /// distance and less, each in as many programs, until that fails; then all have another, longer round. So a bracket that
  /// stays open is about as narrow as the time allows, and no class waits for another one.
  ///
  /// - Returns: the classes with what became of them.
  mutating func close<Solver: LinearProgramSolver & ~Copyable>(
    _ open: [OpenClass], _ bounds: RegionBounds, incumbent: inout Witness, by solver: Solver.Type
  ) throws(VerificationError) -> [OpenClass] {
    var classes = open.sorted { ($0.upper, $1.index) > ($1.upper, $0.index) }
    var programs = firstRound
    while classes.contains(where: { mayBeat(incumbent, $0) }) {
      for position in classes.indices where mayBeat(incumbent, classes[position]) {
        try search(&classes[position], bounds, incumbent: &incumbent, programs: programs, by: solver)
      }
      var step = Self.longestStep
      while step >= Self.shortestStep, let highest = highest(of: classes, above: incumbent) {
        let upper = classes[highest].upper
        let goal = upper - step * (upper - incumbent.margin)
        // No room between the two, or nothing known.
        guard goal < upper else { break }
        try search(&classes[highest], bounds, incumbent: &incumbent, goal: goal, programs: programs, by: solver)
        if classes[highest].upper > goal { step /= 2 }
      }
      programs = programs > .max / Self.growth ? .max : programs * Self.growth
    }
    // Those that steps have brought all the way down, or that others have outdone meanwhile.
    for position in classes.indices where classes[position].start != nil {
      try askForOpinion(on: &classes[position], bounds, incumbent: &incumbent)
    }
    return classes
  }

  /// Whether there is something to search for: more than the tolerance above the incumbent.
  private func mayBeat(_ incumbent: Witness, _ target: OpenClass) -> Bool {
    target.isUnfinished && target.upper > incumbent.margin + settings.tolerance(at: incumbent.margin) / 2
  }

  /// The class that keeps the bracket's upper end up, of those that searches have not come to the end of.
  private func highest(of classes: [OpenClass], above incumbent: Witness) -> Int? {
    classes.indices.filter { mayBeat(incumbent, classes[$0]) }.max { classes[$0].upper < classes[$1].upper }
  }

  /// Searches one class for anything above the incumbent and the goal; asks CBC before the first time, or after the last,
  /// as the settings have it.
  private mutating func search<Solver: LinearProgramSolver & ~Copyable>(
    _ target: inout OpenClass, _ bounds: RegionBounds, incumbent: inout Witness, goal: Double = -.infinity,
    programs: Int, by solver: Solver.Type
  ) throws(VerificationError) {
    let isFirst = target.start == nil
    target.start = target.start ?? incumbent
    guard !deadline.hasPassed, network.isPiecewiseLinear else {
      target.reason = deadline.hasPassed ? .timeLimit : .smoothActivations
      target.isUnfinished = false
      return
    }
    if isFirst, settings.engine == .milp { _ = solve(target, bounds, incumbent: &incumbent) }
    let outcome = search(
      target, bounds, incumbent: &incumbent, goal: goal, programs: programs, by: solver)
    target.upper = min(target.upper, outcome.upper)
    target.nodes += outcome.nodes
    target.reason = OpenReason(outcome)
    target.isUnfinished =
      switch outcome.stop {
      case .nodeLimit: true
      // A search that goes all the way may succeed where one for a goal has failed.
      case .finished, .numerical: goal > -.infinity
      case .timeLimit: false
      }
    try refuseContradiction(incumbent, classes: [target.index], uppers: [target.upper], source: "the search")
    if !target.isUnfinished { try askForOpinion(on: &target, bounds, incumbent: &incumbent) }
  }

  /// Asks CBC, where each is to search on its own, from the same start and without knowing what the search has found.
  private mutating func askForOpinion(
    on target: inout OpenClass, _ bounds: RegionBounds, incumbent: inout Witness
  ) throws(VerificationError) {
    guard settings.engine == .both, network.isPiecewiseLinear, !target.isAsked, var alone = target.start else { return }
    target.isAsked = true
    let opinion = solve(target, bounds, incumbent: &alone)
    if alone.margin > incumbent.margin { incumbent = alone }
    try refuseContradiction(alone, classes: [target.index], uppers: [target.upper], source: "the search")
    profile.add(opinion)
    if let opinion { try refuseDisagreement(opinion, on: target.index, incumbent, upper: target.upper) }
  }

  /// Branch-and-bound with safe bounds.
  private mutating func search<Solver: LinearProgramSolver & ~Copyable>(
    _ target: OpenClass, _ bounds: RegionBounds, incumbent: inout Witness, goal: Double, programs: Int,
    by solver: Solver.Type
  ) -> PhaseSearchOutcome {
    var watch = Stopwatch()
    defer { profile.search += watch.lap() }
    let (deadline, replay, inner, settings) = (deadline, replay, region.inner, settings)
    var best = incumbent
    var request = PhaseSearchRequest(
      incumbent: incumbent.margin, tolerance: { settings.tolerance(at: $0) / 2 }, nodeLimit: programs,
      remaining: { deadline.remaining },
      offer: { input in
        if let witness = replay.confirm(inner.clamp(input)), witness.margin > best.margin { best = witness }
        return best.margin
      })
    request.goal = goal
    var search = PhaseSearch<Solver>(margin(of: target.index), others: incumbent.input, request)
    let outcome = search.run(bounds, upper: target.upper)
    profile.add(outcome)
    incumbent = best
    return outcome
  }

  /// CBC on the big-M program: raises the incumbent where what it finds is better.
  ///
  /// - Returns: CBC's opinion on the margin's largest value; nil if it has none.
  private mutating func solve(
    _ target: OpenClass, _ bounds: RegionBounds, incumbent: inout Witness
  ) -> SecondOpinion? {
    let deadline = deadline
    guard
      let folded = RegionNetwork(bounds, objectives: margin(of: target.index), mayContinue: { !deadline.hasPassed })
    else { return nil }
    var watch = Stopwatch()
    let encoding = BigMEncoding(folded, objective: 0)
    let outcome = mixedInteger.maximise(
      encoding.program,
      MixedIntegerRequest(
        seconds: deadline.remaining, cutoff: incumbent.margin - encoding.objectiveConstant,
        start: encoding.columns(for: incumbent.input)))
    // Nobody waits longer than the whole call takes, and not for less than nothing.
    let seconds = watch.lap()
    let waited = outcome.waitedSeconds > 0 ? min(outcome.waitedSeconds, seconds) : 0
    self.deadline.discount(waited)
    profile.milp += seconds - waited
    if let candidate = outcome.candidate, candidate.count == encoding.program.columnCount {
      let input = encoding.input(from: candidate, others: incumbent.input, within: region.inner)
      if let witness = replay.confirm(input), witness.margin > incumbent.margin { incumbent = witness }
    }
    return SecondOpinion(outcome, on: encoding)
  }

  /// Refuses to go on where CBC's word on a class excludes what is proved. Within the tolerance, both are right.
  private func refuseDisagreement(
    _ opinion: SecondOpinion, on target: Int, _ incumbent: Witness, upper: Double
  ) throws(VerificationError) {
    let attained = replay.margin(of: target, at: incumbent.input) ?? -.infinity
    if let claimed = opinion.refuted(attained: attained, proved: upper, tolerance: settings.tolerance(at: attained)) {
      throw .disagreement(
        Disagreement(
          class: target, attained: attained, input: incumbent.input, claimed: claimed, upper: upper,
          program: opinion.program))
    }
  }

  private func margin(of target: Int) -> LinearRows {
    .margins(of: [target], label: label, outputs: network.outputCount)
  }
}
