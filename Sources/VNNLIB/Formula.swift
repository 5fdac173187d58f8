import Networks

/// A formula without negations: literals, conjunctions and disjunctions, children before parents.
struct Formula {
  enum Node {
    case literal(LinearRow)
    /// True if all are; without any, true.
    case all([Int])
    /// True if one is; without any, false.
    case any([Int])
  }

  private(set) var nodes: [Node] = []
  /// Where each node stands in the text.
  private(set) var offsets: [Int] = []

  /// Adds a node whose children are there already.
  mutating func add(_ node: Node, at offset: Int) -> Int {
    switch node {
    case .all(let children) where children.count == 1, .any(let children) where children.count == 1:
      return children[0]
    default: break
    }
    nodes.append(node)
    offsets.append(offset)
    return nodes.count - 1
  }
}

/// How large a formula's disjunctive normal form is, counted without making it.
///
/// In floating point, where large counts are merely inexact and infinity compares as it should.
struct CaseCount {
  /// The number of conjunctions.
  var cases: Double
  /// The literals in all of them that are no bounds of single inputs.
  var rows: Double
  /// At most so many different boxes of inputs.
  var boxes: Double
  /// Whether a bound of a single input occurs.
  var hasBounds: Bool

  /// The counts of one node, from those of its children.
  init(_ node: Formula.Node, children counts: [CaseCount]) {
    switch node {
    case .literal(let row):
      let isBound = row.boundsInput
      self.init(cases: 1, rows: isBound && !row.isStrict ? 0 : 1, boxes: 1, hasBounds: isBound)
    case .all(let children):
      self.init(cases: 1, rows: 0, boxes: 1, hasBounds: false)
      // Each child's rows occur once for every choice of cases of the others.
      var rowsPerCase = 0.0
      for child in children {
        let count = counts[child]
        hasBounds = hasBounds || count.hasBounds
        if count.cases == 0 || cases == 0 {
          cases = 0
          continue
        }
        rowsPerCase += count.rows / count.cases
        cases *= count.cases
        boxes *= count.boxes
      }
      rows = cases == 0 ? 0 : rowsPerCase * cases
    case .any(let children):
      self.init(cases: 0, rows: 0, boxes: 0, hasBounds: false)
      for child in children {
        cases += counts[child].cases
        rows += counts[child].rows
        boxes += counts[child].boxes
        hasBounds = hasBounds || counts[child].hasBounds
      }
      if !hasBounds { boxes = 1 }
    }
  }

  private init(cases: Double, rows: Double, boxes: Double, hasBounds: Bool) {
    self.cases = cases
    self.rows = rows
    self.boxes = boxes
    self.hasBounds = hasBounds
  }
}

extension LinearRow {
  /// Whether the row is a bound of a single input.
  var boundsInput: Bool {
    guard terms.count == 1, case .input = terms[0].variable else { return false }
    return true
  }
}
