import Synchronization

/// Ways in which a solver of linear programs can be wrong.
enum SolverLie: CaseIterable, Sendable {
  /// Columns that are no optimum, or no numbers.
  case columnsMoved, columnsScaled, columnsFarAway, columnsInfinite, columnsNotNumbers, someColumnsNotNumbers
  /// Multipliers that prove nothing, or are no numbers.
  case dualsNoise, dualsZero, dualsFlipped, dualsReversed, dualsHuge, dualsTiny, dualsInfinite, dualsNotNumbers
  /// Some of them no numbers, or beyond what can be multiplied.
  case someDualsNotNumbers, someDualsHuge
  /// The wrong word on whether it is an optimum.
  case neverOptimal, optimalAtAnyPoint
  /// Answers of another length.
  case columnsShort, columnsLong, columnsMissing, dualsShort, dualsLong, dualsMissing
  /// No model, no answer, or no answer at times.
  case noModel, silent, sometimesSilent
  /// Rows, ranges and objectives that it does not take.
  case rowsRefused, rowsDropped, rowsDroppedAtTimes, rangesIgnored, objectiveIgnored
  /// The same answer over and over.
  case stuck
  /// More iterations than can be added up.
  case countlessIterations
  /// A basis of nonsense or of another size, given out, or taken for what it was told to start from.
  case basisGarbage, basisShort, basisLong, basisMissing, startsFromGarbage
  /// Another of them with every answer, but none that ends the search at once.
  case anything

  /// The lies that a search outlives for a while.
  static let survivable: [SolverLie] = allCases.filter {
    switch $0 {
    case .columnsShort, .columnsLong, .columnsMissing, .dualsShort, .dualsLong, .dualsMissing, .noModel, .silent,
      .sometimesSilent, .rowsRefused, .anything:
      false
    default: true
    }
  }
}

/// Who tells the lies of one test, and how often that happened.
final class SolverLiar: Sendable {
  /// The one whose lies a ``FaultySolver`` tells.
  @TaskLocal static var current = SolverLiar(.stuck, seed: 0)

  let lie: SolverLie
  let seed: Int
  private let count = Mutex(0)

  init(_ lie: SolverLie, seed: Int) {
    self.lie = lie
    self.seed = seed
  }

  /// How often a lie was told.
  var told: Int { count.withLock(\.self) }

  func tell() { count.withLock { $0 += 1 } }
}
