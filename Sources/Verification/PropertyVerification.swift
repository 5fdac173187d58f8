import Attacks
import Bounds
import BranchAndBound
import MathematicalPrograms
import Networks
import Tensors

/// Decides a property by a cascade: each stage takes what the cheaper ones left open.
///
/// The cases of one box share a network whose outputs are their rows' violations (`Network.violations(of:)`), so that
/// one pass bounds all of them. What each stage may cost is chosen from the network and the box, never from the name of
/// a benchmark.
public struct PropertyVerification {
  /// The most inputs that vary for which boxes are halved rather than activations.
  private static let mostInputs = 16
  /// Multiply-adds that an attack may take in any case, and starts beyond which it is not worth more.
  private static let attackOperations = 50_000_000
  private static let mostRestarts = 100
  /// Numbers that an attack keeps at the same time; multiply-adds of one of its steps, some tenths of a second, after
  /// which it looks at the time; and cases that are decided together.
  private static let attackNumbers = 1 << 25
  private static let stepOperations = 4_000_000_000
  private static let casesAtOnce = 256
  /// How many units' ranges α-CROWN optimises, with how many steps: few at first, more where that was not enough and
  /// activations are to be split: the search takes a fraction of the branches then.
  private static let rangeBudgets = [
    IntermediateSlopes(), IntermediateSlopes(units: 256, iterations: 8),
  ]

  private let network: Network
  private let property: Property
  private let settings: PropertySettings
  private let workers: Workers
  private let replay: PropertyReplay
  private let deadline: Deadline
  private var stages: [VerificationStage: StageRecord] = [:]
  private var lastStage: VerificationStage?

  /// Verifies a property.
  ///
  /// - Parameters:
  ///   - network: the network.
  ///   - property: a property about as many inputs and outputs.
  ///   - workers: who bounds the parts of a search; no answer depends on their number.
  /// - Complexity: exponential in the number of inputs that vary, or of unstable units, in the worst case; stops at the
  ///   timeout.
  public static func verify(
    _ property: Property, of network: Network, settings: PropertySettings = PropertySettings(),
    workers: Workers = Workers(count: 1)
  ) -> PropertyResult {
    var verification = PropertyVerification(
      network: network, property: property, settings: settings, workers: workers,
      replay: PropertyReplay(network: network, property: property), deadline: Deadline(seconds: settings.timeout))
    return verification.run()
  }

  /// What became of one box.
  private enum Answer {
    case holds(upper: Double)
    case violated(PropertyWitness)
    case undecided(UndecidedReason, upper: Double)
  }

  private mutating func run() -> PropertyResult {
    var upper = -Double.infinity
    // A search that finds nothing shows that all is below zero, not how far.
    var isBounded = true
    var reason: UndecidedReason?
    let slices = property.groups.indices.flatMap { group in
      let cases = property.groups[group].conjunctions.count
      return stride(from: 0, to: cases, by: Self.casesAtOnce).map {
        (group: group, cases: $0..<min($0 + Self.casesAtOnce, cases))
      }
    }
    for slice in slices {
      switch decide(slice.group, cases: slice.cases) {
      case .holds(let bound):
        isBounded = isBounded && bound > -.infinity
        upper = max(upper, bound)
      case .violated(let witness):
        return result(.violated(witness), upper: .infinity)
      case .undecided(let why, let bound):
        upper = max(upper, bound)
        reason = reason ?? why
      }
    }
    guard let reason else { return result(.holds, upper: isBounded ? upper : -.infinity) }
    return result(.undecided(reason), upper: upper)
  }

  private func result(_ verdict: PropertyVerdict, upper: Double) -> PropertyResult {
    PropertyResult(
      verdict: verdict, stages: VerificationStage.allCases.compactMap { stages[$0] },
      decidedBy: { if case .undecided = verdict { nil } else { lastStage } }(), upper: upper,
      seconds: deadline.elapsed)
  }

  /// Decides some of the cases of one box.
  private mutating func decide(_ group: Int, cases: Range<Int>) -> Answer {
    guard !deadline.hasPassed else { return .undecided(.timeLimit, upper: .infinity) }
    let (inputs, conjunctions) = (property.groups[group].inputs, property.groups[group].conjunctions[cases])
    if conjunctions.contains(where: \.isEmpty) {
      // Without rows every input of the box is unsafe.
      let witness = replay.confirm(inputs.region.inner.centre, group: group)
      return witness.map(Answer.violated) ?? .undecided(.numerical, upper: .infinity)
    }
    var positions: [LinearRow: Int] = [:]
    var rows: [LinearRow] = []
    for row in conjunctions.joined() where positions[row] == nil {
      positions[row] = rows.count
      rows.append(row)
    }
    guard let violations = try? network.violations(of: rows) else {
      return .undecided(.coefficients, upper: .infinity)
    }
    let question = ViolationQuestion(
      network: violations, conjunctions: conjunctions.map { $0.compactMap { positions[$0] } })

    var open = OpenCases(question)
    var bounds: RegionBounds?
    for stage in settings.cascade.stages where !open.isEmpty && !deadline.hasPassed {
      if stage == .attack {
        if let witness = attack(open.question, group) { return .violated(witness) }
      } else {
        tighten(&open, &bounds, by: stage, over: inputs.region.outer)
      }
    }
    guard !open.isEmpty else { return .holds(upper: open.upper) }
    guard !deadline.hasPassed else { return .undecided(.timeLimit, upper: open.upper) }
    return search(
      open.question, bounds ?? RegionBounds(of: violations, over: inputs.region.outer), group, upper: open.upper)
  }

  private mutating func attack(_ question: ViolationQuestion, _ group: Int) -> PropertyWitness? {
    record(.attack) { verification, record in
      var stream = RandomStream(seed: verification.settings.seed, purpose: "property attack", index: group)
      let attack = verification.attack(on: question)
      let deadline = verification.deadline
      let atOnce = Self.casesAttackedAtOnce(in: question.network, restarts: attack.restarts)
      var witness: PropertyWitness?
      for first in stride(from: 0, to: question.conjunctions.count, by: atOnce)
      where witness == nil && !deadline.hasPassed {
        attack.search(
          question.network, reaching: Array(question.conjunctions[first...].prefix(atOnce)),
          over: verification.property.groups[group].inputs.region.inner, using: &stream,
          mayContinue: { !deadline.hasPassed }
        ) { input in
          witness = verification.replay.confirm(input, group: group)
          return witness != nil
        }
      }
      if witness != nil { record.decided += 1 }
      return witness
    }
  }

  /// How many cases an attack takes at once, with so many starts each.
  static func casesAttackedAtOnce(in network: Network, restarts: Int) -> Int {
    // An evaluation keeps the values of all nodes; a step is one, and a gradient that costs as much.
    let numbers = network.nodes.reduce(0) { $0 + $1.shape.count } * restarts
    let operations = max(1, 2 * network.multiplyAdds * restarts)
    return max(1, min(attackNumbers / numbers, stepOperations / operations))
  }

  /// The attack with as many starts as cost next to nothing on a small network.
  private func attack(on question: ViolationQuestion) -> ConjunctionAttack {
    var attack = settings.attack
    let each = max(1, question.network.multiplyAdds * question.conjunctions.count * attack.steps)
    attack.restarts = max(attack.restarts, min(Self.attackOperations / each, Self.mostRestarts))
    return attack
  }

  /// Closes the cases that a stage's bounds exclude.
  ///
  /// - Parameter known: the bounds so far, which the first of the stages makes.
  private mutating func tighten(
    _ open: inout OpenCases, _ known: inout RegionBounds?, by stage: VerificationStage, over box: Box
  ) {
    let count = open.count
    let deadline = deadline
    record(stage) { verification, record in
      var bounds = known ?? RegionBounds(of: open.question.network, over: box)
      // One owner at a time, or each change would copy all of it.
      known = nil
      defer { known = bounds }
      let rows = LinearRows.elements(open.rows, width: open.question.network.outputCount)
      switch stage {
      case .crownIBP:
        open.update(bounds.upperBounds(of: rows, by: .crownIBP))
      case .crown:
        bounds.refine(mayContinue: { !deadline.hasPassed })
        open.update(bounds.upperBounds(of: rows, by: .crown))
      case .alphaCROWN:
        // First the ranges that matter most, then all that matter; a search goes on with them.
        let budgets = Self.rangeBudgets.prefix(verification.halvesInputs(of: bounds.input) ? 1 : 2)
        for budget in budgets where !open.isEmpty && !deadline.hasPassed {
          let rows = LinearRows.elements(open.rows, width: open.question.network.outputCount)
          bounds.refine(
            for: rows, optimising: AlphaSettings(intermediate: budget, sufficient: 0),
            mayContinue: { !deadline.hasPassed })
          open.update(
            bounds.upperBounds(
              of: rows, by: .alphaCROWN, optimising: AlphaSettings(intermediate: nil, sufficient: 0)))
        }
      case .attack, .ibp, .inputSplitting, .activationSplitting, .mixedInteger:
        open.update(bounds.upperBounds(of: rows, by: .ibp))
      }
      record.decided += count - open.count
    }
  }

  /// Branch-and-bound for what the bounds left open.
  private mutating func search(
    _ question: ViolationQuestion, _ bounds: RegionBounds, _ group: Int, upper: Double
  ) -> Answer {
    var witness: PropertyWitness?
    let (deadline, replay, workers) = (deadline, replay, workers)
    func offer(_ input: [Double]) -> Bool {
      witness = witness ?? replay.confirm(input, group: group)
      return witness != nil
    }
    let halvesInputs = halvesInputs(of: bounds.input)
    let outcome = record(halvesInputs ? .inputSplitting : .activationSplitting) { _, record in
      let outcome: ViolationOutcome
      if halvesInputs {
        outcome = InputSplitting(
          question, workers: workers, remaining: { deadline.remaining }, offer: offer
        ).run(over: bounds.input)
      } else {
        var search = ActivationSplitting(
          question, bounds, workers: workers, mixedInteger: CBCWorkers.self, remaining: { deadline.remaining },
          offer: offer)
        outcome = search.run()
      }
      record.nodes += outcome.nodes
      let isDecided = witness != nil || outcome.stop == .finished || outcome.stop == .found
      if isDecided, !outcome.mixedInteger.hasFound { record.decided += question.conjunctions.count }
      return outcome
    }
    if outcome.mixedInteger.programs > 0 { record(outcome.mixedInteger, deciding: question.conjunctions.count) }
    if let witness { return .violated(witness) }
    switch outcome.stop {
    case .finished: return .holds(upper: -.infinity)
    case .timeLimit: return .undecided(.timeLimit, upper: min(upper, outcome.upper))
    case .numerical, .found: return .undecided(.numerical, upper: min(upper, outcome.upper))
    }
  }

  /// Takes down a mixed-integer solver's share in a search as a stage of its own.
  private mutating func record(_ share: MixedIntegerShare, deciding cases: Int) {
    stages[.activationSplitting]?.seconds -= share.seconds
    record(.mixedInteger) { _, record in
      record.nodes += share.programs
      record.seconds += share.seconds
      if share.hasFound { record.decided += cases }
    }
  }

  /// Whether a search branches on inputs.
  private func halvesInputs(of box: Box) -> Bool {
    guard network.isPiecewiseLinear else { return true }
    switch settings.search {
    case .inputs: return true
    case .activations: return false
    case .automatic: return (0..<box.count).count { box.lower[$0] < box.upper[$0] } <= Self.mostInputs
    }
  }

  /// Runs a stage and takes down what it did.
  private mutating func record<Value>(
    _ stage: VerificationStage, _ body: (inout PropertyVerification, inout StageRecord) -> Value
  ) -> Value {
    var record = stages[stage] ?? StageRecord(stage)
    let decided = record.decided
    var watch = Stopwatch()
    let value = body(&self, &record)
    record.seconds += watch.lap()
    if record.decided > decided { lastStage = stage }
    stages[stage] = record
    return value
  }
}

/// The cases of one box that no bound has excluded yet.
private struct OpenCases {
  private(set) var question: ViolationQuestion
  /// The smallest bound that each output had.
  private var uppers: [Double]
  /// The largest bound of a case that was excluded or is open: of its smallest violation.
  var upper: Double { max(closedUpper, question.conjunctions.map(reach).max() ?? -.infinity) }
  private var closedUpper = -Double.infinity

  init(_ question: ViolationQuestion) {
    self.question = question
    uppers = [Double](repeating: .infinity, count: question.network.outputCount)
  }

  var count: Int { question.conjunctions.count }
  var isEmpty: Bool { question.conjunctions.isEmpty }
  /// The outputs that open cases name, in order.
  var rows: [Int] { Set(question.conjunctions.joined()).sorted() }

  /// Takes upper bounds of ``rows``, and drops the cases that they exclude.
  mutating func update(_ bounds: [Double]) {
    for (row, bound) in zip(rows, bounds) { uppers[row] = min(uppers[row], bound) }
    for conjunction in question.conjunctions where reach(conjunction) < 0 {
      closedUpper = max(closedUpper, reach(conjunction))
    }
    question = ViolationQuestion(
      network: question.network, conjunctions: question.conjunctions.filter { reach($0) >= 0 })
  }

  private func reach(_ conjunction: [Int]) -> Double { conjunction.reduce(.infinity) { min($0, uppers[$1]) } }
}
