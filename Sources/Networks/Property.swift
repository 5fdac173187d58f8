import Intervals

/// A question about a network, stated by its *unsafe* set: the property holds if no input and its output lie in it.
///
/// The set is a union of cases, each a box of inputs and a conjunction of linear rows over inputs and outputs
/// (disjunctive normal form). Cases on the same box stand in one group: bounds of the network are computed once for
/// all of them. Bounds on single inputs are in the box; strict ones are rows besides, for the box is closed.
public struct Property: Sendable {
  /// Cases on one box.
  public struct Group: Hashable, Sendable {
    /// The box of inputs.
    public let inputs: InputBounds
    /// One conjunction for each case; an empty one is true.
    public let conjunctions: [[LinearRow]]

    /// The cases of these conjunctions on this box.
    public init(inputs: InputBounds, conjunctions: [[LinearRow]]) {
      self.inputs = inputs
      self.conjunctions = conjunctions
    }
  }

  /// One case: all inputs of a box for which all rows hold.
  public struct Case: Hashable, Sendable {
    /// The box of inputs.
    public let inputs: InputBounds
    /// The rows, all of which hold; none: every input of the box.
    public let rows: [LinearRow]
  }

  /// A case that was left out because it has no members.
  public struct EmptyCase: Hashable, Sendable, CustomStringConvertible {
    /// Its place among the cases as stated, from 0.
    public let index: Int
    /// Which input's bounds exclude each other, or nil if a row without variables is false.
    public let input: Int?

    public var description: String {
      let reason =
        input.map { "its bounds of \(Variable.input($0)) exclude each other" } ?? "a condition in it is never true"
      return "case \(index + 1) has no members: \(reason)"
    }
  }

  /// The number of elements of the network's input and output.
  public let inputCount, outputCount: Int
  /// The cases, by box, in the order of their first mention. None: the unsafe set is empty.
  public let groups: [Group]
  /// What was left out on the way; two properties are equal without regard to it.
  public let emptyCases: [EmptyCase]

  /// The number of cases.
  public var caseCount: Int { groups.reduce(0) { $0 + $1.conjunctions.count } }

  /// The cases one by one; they share their boxes.
  public var cases: [Case] {
    groups.flatMap { group in group.conjunctions.map { Case(inputs: group.inputs, rows: $0) } }
  }

  /// The property whose cases are these drafts.
  ///
  /// Drafts with the same box join one group; drafts without members are left out and recorded.
  /// - Throws: ``PropertyError`` where a case leaves an input unbounded.
  /// - Precondition: every draft is one for `inputCount` inputs, and no row needs more outputs than there are.
  public init(inputCount: Int, outputCount: Int, cases drafts: [CaseDraft]) throws(PropertyError) {
    var boxes: [InputBounds] = []
    var conjunctions: [[[LinearRow]]] = []
    var indices: [CaseDraft.Corners: Int] = [:]
    var empty: [EmptyCase] = []
    // Drafts in a row often share their arrays, which need not be compared then.
    var previous: (corners: CaseDraft.Corners, box: Int)?
    for (index, draft) in drafts.enumerated() {
      precondition(draft.corners.lower.count == inputCount, "A draft for \(draft.corners.lower.count) inputs")
      if draft.isFalse {
        empty.append(EmptyCase(index: index, input: nil))
        continue
      }
      if let input = draft.contradictoryInput(sameBoundsAs: previous?.corners) {
        empty.append(EmptyCase(index: index, input: input))
        continue
      }
      let box: Int
      if let previous, previous.corners.isStoredAs(draft.corners) {
        box = previous.box
      } else if let known = indices[draft.corners] {
        box = known
      } else {
        boxes.append(try draft.corners.bounds(case: index))
        conjunctions.append([])
        box = boxes.count - 1
        indices[draft.corners] = box
      }
      previous = (draft.corners, box)
      conjunctions[box].append(draft.rows)
    }
    self.inputCount = inputCount
    self.outputCount = outputCount
    groups = zip(boxes, conjunctions).map(Group.init)
    emptyCases = empty
    for rows in conjunctions.joined() {
      for row in rows {
        precondition(row.neededCounts.outputs <= outputCount, "A row needs \(row.neededCounts.outputs) outputs")
      }
    }
  }

  /// The property whose cases stand in these groups, none of which is empty.
  init(inputCount: Int, outputCount: Int, groups: [Group]) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.groups = groups
    emptyCases = []
  }

  /// Whether a pair of exact points lies in the unsafe set.
  public func contains(inputs: [Rational], outputs: [Rational]) -> Bool {
    groups.contains { group in
      group.inputs.contains(inputs)
        && group.conjunctions.contains { rows in rows.allSatisfy { $0.holds(inputs: inputs, outputs: outputs) } }
    }
  }

  /// Whether all pairs from two boxes lie in the unsafe set (certainly true), or none (certainly false).
  ///
  /// True only where one case holds for all of them.
  public func truth(inputs: Box, outputs: Box) -> Truth {
    var result = Truth.certainlyFalse
    for group in groups {
      let inside = group.inputs.truth(inputs)
      if inside == .certainlyFalse { continue }
      result = result.or(inside.and(group.rowsTruth(inputs: inputs, outputs: outputs)))
      if result == .certainlyTrue { return result }
    }
    return result
  }
}

extension Property: Equatable {
  public static func == (a: Property, b: Property) -> Bool {
    a.inputCount == b.inputCount && a.outputCount == b.outputCount && a.groups == b.groups
  }
}

extension Property.Group {
  /// Whether one of the conjunctions holds for all inputs and outputs in two boxes, or none for any of them.
  ///
  /// On ``InputBounds/witnessBox(around:)`` and an enclosure of the outputs there, certainly true proves a
  /// counterexample.
  public func rowsTruth(inputs: Box, outputs: Box) -> Truth {
    var result = Truth.certainlyFalse
    for rows in conjunctions {
      var all = Truth.certainlyTrue
      for row in rows where all != .certainlyFalse { all = all.and(row.truth(inputs: inputs, outputs: outputs)) }
      result = result.or(all)
      if result == .certainlyTrue { return result }
    }
    return result
  }
}
