import Networks

/// The run of one kind of forward form through a network: node by node, with boxes intersected on the way.
///
/// - Soundness: each node's box holds its real value by ``ForwardForm``'s promise; where a form overflowed, the node is
///   represented by the box that is known of it.
struct ForwardAnalysis<Form: ForwardForm>: Sendable {
  /// The boxes of the region, none looser than before.
  let bounds: RegionBounds
  /// How many generators were given up to keep the memory limit.
  let mergedGenerators: Int
  /// The forms of the nodes at which rows over the output stop: the last activations, and the input.
  private let ends: [NodeID: Form]

  /// Runs the forms through the network of given bounds.
  ///
  /// - Parameter memoryLimit: bytes for all matrices that are held at the same time.
  init(_ known: RegionBounds, memoryLimit: Int) {
    var bounds = known
    var rules = FormRules()
    if !known.accountsForRounding { rules.roundingShare = 0 }
    let network = known.network
    let ends = network.rowEnds
    let lastReaders = network.lastReaders
    rules.elementLimit = max(0, memoryLimit / MemoryLayout<Double>.stride / network.mostLiveNodes(keeping: ends))

    var forms: [NodeID: Form] = [:]
    for node in network.nodes {
      let form: Form? =
        switch node.operation {
        case .input:
          bounds.input.isFinite ? Form(input: bounds.input, rules: &rules) : nil
        case .linear(let layer, let source):
          forms[source]?.image(under: layer, rules: &rules)
        case .sum(let sources):
          sources.allSatisfy { forms[$0] != nil } ? Form.sum(sources.compactMap { forms[$0] }, rules: &rules) : nil
        case .activation(let activation, let source):
          forms[source]?.image(under: activation, on: bounds.boxes[source.index], rules: &rules)
        }
      let range = form?.range
      bounds.tightenAlone(node.id, with: range)
      let box = bounds.boxes[node.id.index]
      forms[node.id] = range == nil ? (box.isFinite ? Form(anyOf: box, inputs: bounds.input) : nil) : form
      for source in node.sources where lastReaders[source.index] == node.id && !ends.contains(source) {
        forms[source] = nil
      }
    }
    self.bounds = bounds
    self.ends = forms.filter { ends.contains($0.key) }
    mergedGenerators = rules.mergedGenerators
  }

  /// Upper bounds of linear rows over the network's output, the layers after the last activations merged into them.
  ///
  /// Never looser than those of interval propagation on the same boxes.
  func upperBounds(of rows: LinearRows) -> [Double] {
    var pass = BackwardPass<Double>(rows, over: bounds.network.output, bounds: bounds)
    var parts: [(form: Form, coefficients: [Double])] = []
    pass.run { _, node, coefficients in
      guard let form = ends[node.id] else { return .concretise }
      parts.append((form, coefficients))
      return .stop
    }
    if let form = ends[NodeID(0)] {
      parts.append((form, pass.inputCoefficients))
    } else {
      pass.concretiseInput()
    }
    Form.addUpperBounds(of: parts, to: &pass)
    return zip(bounds.upperBounds(of: rows, by: .ibp), pass.upperBounds()).map(min)
  }
}

extension Box {
  /// Whether all ends are.
  fileprivate var isFinite: Bool { lower.allSatisfy(\.isFinite) && upper.allSatisfy(\.isFinite) }
}

extension Network {
  /// The nodes at which a row over the output first meets an activation or the input.
  fileprivate var rowEnds: Set<NodeID> {
    var reached: Set<NodeID> = [output]
    var ends: Set<NodeID> = []
    for node in nodes.reversed() where reached.contains(node.id) {
      switch node.operation {
      case .linear, .sum: reached.formUnion(node.sources)
      case .input, .activation: ends.insert(node.id)
      }
    }
    return ends
  }

  /// For each node, the last one that reads it, if any does.
  fileprivate var lastReaders: [NodeID?] {
    var readers = [NodeID?](repeating: nil, count: nodes.count)
    for node in nodes { for source in node.sources { readers[source.index] = node.id } }
    return readers
  }

  /// How many nodes' values are held at once when each is dropped after its last reader, unless it is to be kept; and
  /// one more for the value that is being rearranged.
  fileprivate func mostLiveNodes(keeping kept: Set<NodeID>) -> Int {
    let readers = lastReaders
    var live = 0
    var most = 0
    for node in nodes {
      live += 1
      most = max(most, live)
      live -= Set(node.sources).count { readers[$0.index] == node.id && !kept.contains($0) }
    }
    return most + 1
  }
}
