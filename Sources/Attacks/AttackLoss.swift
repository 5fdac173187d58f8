import Foundation
import Networks

/// The scalar function of the outputs that an attack makes large.
public enum AttackLoss: Hashable, Sendable {
  /// The cross-entropy of the label.
  case crossEntropy
  /// The largest margin, max over i ≠ y of o_i − o_y.
  case margin
  /// The margin of one class, o_i − o_y.
  case marginOf(Int)

  /// The gradient of the loss with respect to the outputs of one input.
  ///
  /// - Parameters:
  ///   - outputs: the K outputs.
  ///   - label: y.
  ///   - gradient: where the K derivatives go.
  func writeGradient(outputs: ArraySlice<Double>, label: Int, into gradient: inout ArraySlice<Double>) {
    let first = outputs.startIndex
    let out = gradient.startIndex
    switch self {
    case .crossEntropy:
      // softmax(o) − e_y, shifted by the largest output so that nothing overflows.
      let largest = outputs.max() ?? 0
      let total = outputs.reduce(0) { $0 + exp($1 - largest) }
      for i in 0..<outputs.count {
        gradient[out + i] = exp(outputs[first + i] - largest) / total
      }
      gradient[out + label] -= 1
    case .margin:
      writeMargin(of: outputs.largestMargin(label: label).class, label: label, into: &gradient)
    case .marginOf(let target):
      writeMargin(of: target, label: label, into: &gradient)
    }
  }

  /// What the attack keeps points for: the margin of the class it aims at, or else the largest.
  func score(outputs: ArraySlice<Double>, label: Int) -> (class: Int, margin: Double) {
    switch self {
    case .crossEntropy, .margin:
      return outputs.largestMargin(label: label)
    case .marginOf(let target):
      return (target, outputs[outputs.startIndex + target] - outputs[outputs.startIndex + label])
    }
  }

  private func writeMargin(of target: Int, label: Int, into gradient: inout ArraySlice<Double>) {
    let out = gradient.startIndex
    for i in 0..<gradient.count { gradient[out + i] = 0 }
    gradient[out + target] = 1
    gradient[out + label] = -1
  }
}

extension ArraySlice<Double> {
  /// The class with the largest margin over the label, and that margin; the first of equals.
  ///
  /// - Precondition: there are at least two outputs.
  func largestMargin(label: Int) -> (class: Int, margin: Double) {
    var best = label == 0 ? 1 : 0
    for i in 0..<count where i != label && self[startIndex + i] > self[startIndex + best] { best = i }
    return (best, self[startIndex + best] - self[startIndex + label])
  }
}
