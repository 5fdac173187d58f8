import ArgumentParser
import Networks

/// What `exact` computes exactly.
enum ExactQuantity: String, CaseIterable, ExpressibleByArgument {
  /// The largest margin.
  case margin
  /// Each margin's largest value.
  case margins
  /// Each logit's smallest and largest value.
  case logits
  /// The largest cross-entropy, as a bracket.
  case crossEntropy = "cross-entropy"

  static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

/// An activation layer that the user names.
struct ChosenLayer {
  /// Its activation node.
  let node: Node
  /// The part of the network that ends with its pre-activations.
  let prefix: Network

  /// The layer of a name, or of a position among the activation layers, from 1.
  init(_ text: String, in network: Network) throws {
    let layers = network.activationNodes
    let named = layers.filter { $0.name == text }
    if named.count == 1 {
      node = named[0]
    } else if let position = Int(text), layers.indices.contains(position - 1) {
      node = layers[position - 1]
    } else {
      let known = layers.enumerated().map { "\($0 + 1) \($1.name.printable) (\($1.shape.count))" }
      throw Failure(
        status: .badInput,
        message: layers.isEmpty
          ? "--layer: the network has no activation layers"
          : "--layer: \(named.isEmpty ? "there is no" : "more than one is called") \(text.printable); activation layers, "
            + "with their units, are \(known.joined(separator: ", "))")
    }
    prefix = network.prefix(endingAt: node.sources[0])
  }
}
