import Networks

extension Formula {
  /// The cases of the disjunctive normal form, in the order of the text.
  ///
  /// What stands outside all disjunctions is stated first and shared by all cases. No recursion: formulas may be
  /// nested as deeply as memory allows.
  /// - Throws: where the form would have more cases than the limit, or more than `rowLimit` bounds or rows, before
  ///   any of them is made.
  func cases(of root: Int, inputCount: Int, caseLimit: Int, rowLimit: Int) throws(LocatedFault) -> [CaseDraft] {
    var counts: [CaseCount] = []
    counts.reserveCapacity(nodes.count)
    for (index, node) in nodes.enumerated() {
      let count = CaseCount(node, children: counts)
      guard count.cases <= Double(caseLimit) else {
        throw LocatedFault(.tooManyCases(limit: caseLimit), at: offsets[index])
      }
      guard count.rows <= Double(rowLimit), count.boxes * Double(2 * inputCount) <= Double(rowLimit) else {
        throw LocatedFault(.tooManyRows(limit: rowLimit), at: offsets[index])
      }
      counts.append(count)
    }

    var result: [CaseDraft] = []
    var branches = [Branch(node: root, disjunctions: [], draft: CaseDraft(inputCount: inputCount))]
    while var branch = branches.popLast() {
      var open = [branch.node]
      var isFalse = false
      while let node = open.popLast() {
        // Nothing is explored that leads to no case.
        if counts[node].cases == 0 {
          isFalse = true
          break
        }
        switch nodes[node] {
        case .literal(let row): branch.draft.require(row)
        case .all(let children): open.append(contentsOf: children.reversed())
        case .any:
          // Later: what all branches share comes first.
          branch.disjunctions.append(node)
        }
      }
      if isFalse { continue }
      guard let next = branch.disjunctions.first, case .any(let children) = nodes[next] else {
        result.append(branch.draft)
        continue
      }
      let rest = Array(branch.disjunctions.dropFirst())
      for child in children.reversed() where counts[child].cases > 0 {
        branches.append(Branch(node: child, disjunctions: rest, draft: branch.draft))
      }
    }
    return result
  }

  /// A case of which something is still to be stated.
  private struct Branch {
    /// What is stated next.
    let node: Int
    /// The disjunctions of which one member each is to be stated after that.
    var disjunctions: [Int]
    var draft: CaseDraft
  }
}
