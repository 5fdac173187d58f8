import Bounds
import Networks
import Tensors

/// Branch-and-bound over the inputs: boxes are bounded by CROWN on their own, clipped by the planes that come out, and
/// halved where nothing closes them.
///
/// The method for few inputs: a box of half the size has half the relaxation error in every layer, and no unit is ever
/// branched on.
/// - Soundness: a box is closed only where for each conjunction some row's upper bound is below zero, or no point of the
///   box reaches zero on all of its rows' planes; what clipping takes away has been refuted in the same way.
/// - Determinism: each round takes a fixed number of boxes from the stack, bounds them in any order, and deals with what
///   came out in the stack's order; so that no answer depends on the number of threads.
/// - Source: Wang et al. 2018 (ReluVal); Zhou et al. 2025 (Clip-and-Verify).
public struct InputSplitting {
  /// Boxes bounded at the same time, whatever the number of threads.
  private static let roundSize = 64
  /// How many of them are the oldest ones: depth first alone may look for long where there is nothing to find.
  private static let oldestInRound = 16

  private let question: ViolationQuestion
  private let workers: Workers
  private let remaining: @Sendable () -> Double
  private let offer: ([Double]) -> Bool

  /// A search.
  ///
  /// - Parameters:
  ///   - remaining: seconds left; asked before each box.
  ///   - offer: called with inputs that seem to violate; true if one does, which ends the search.
  public init(
    _ question: ViolationQuestion, workers: Workers, remaining: @escaping @Sendable () -> Double,
    offer: @escaping ([Double]) -> Bool
  ) {
    self.question = question
    self.workers = workers
    self.remaining = remaining
    self.offer = offer
  }

  /// Searches a box.
  ///
  /// - Complexity: exponential in the number of inputs that vary, in the worst case.
  public func run(over box: Box) -> ViolationOutcome {
    var outcome = ViolationOutcome()
    outcome.nodes = 1
    let root = InputPart(
      question, RegionBounds(of: question.network, over: box), candidates: Array(question.conjunctions.indices),
      depth: 0, upper: .infinity)
    var stack = root.map { [$0] } ?? []
    var stuck: [Double] = []
    while !stack.isEmpty {
      guard remaining() > 0 else {
        outcome.stop = .timeLimit
        break
      }
      let oldest = stack.count > Self.roundSize ? Self.oldestInRound : 0
      let round = Array(stack.prefix(oldest) + stack.dropFirst(oldest).suffix(Self.roundSize - oldest))
      stack.removeLast(round.count - oldest)
      stack.removeFirst(oldest)
      let (question, remaining) = (question, remaining)
      let answers = workers.map(0..<round.count) { position -> (candidate: [Double]?, halves: InputPart.Halves) in
        // The part stays as it is; the time is up for the rest, too.
        guard remaining() > 0 else { return (nil, InputPart.Halves(parts: [round[position]])) }
        let candidate = round[position].candidate(question)
        return (
          candidate, candidate == nil ? round[position].halved(question, remaining: remaining) : InputPart.Halves()
        )
      }
      for (part, answer) in zip(round, answers) {
        var halves = answer.halves
        if let candidate = answer.candidate {
          if offer(candidate) {
            outcome.stop = .found
            return outcome
          }
          // Too near to zero to prove anything.
          halves = part.halved(question, remaining: remaining)
        }
        if let candidate = halves.candidate, offer(candidate) {
          outcome.stop = .found
          return outcome
        }
        if halves.isStuck { stuck.append(part.upper) }
        outcome.nodes += halves.bounded
        outcome.depth = max(outcome.depth, part.depth + 1)
        stack += halves.parts
      }
    }
    outcome.upper = (stack.map(\.upper) + stuck).max() ?? -.infinity
    if outcome.stop == .finished, !stuck.isEmpty { outcome.stop = .numerical }
    return outcome
  }
}
