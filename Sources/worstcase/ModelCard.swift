import Datasets
import Foundation
import Training

/// What a trained network's file says of itself: how it was made, on what, and how accurate it is.
struct ModelCard {
  /// Where the network is.
  let file: String
  let trained: TrainedNetwork
  let training, test: LabelledImages
  let result: TrainingEvaluation
  let kernels: String

  private var configuration: TrainingConfiguration { trained.configuration }

  /// Where the card goes: beside the network.
  var path: String { (file as NSString).deletingPathExtension + ".md" }

  /// Refuses to put a card in the place of a file that is none.
  static func requireReplaceable(_ path: String) throws {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
    guard text.hasPrefix("# "), text.contains("\n| architecture | ") else {
      throw Failure(
        status: .badInput,
        message: "the network's card would replace \(path), which is no card: give the network another name")
    }
  }

  private func percent(_ fraction: Double) -> String { String(format: "%.2f %%", 100 * fraction) }

  /// One line for the terminal.
  var summary: String {
    """
    accuracy \(percent(result.naturalAccuracy)), IBP-verified at ε = \(configuration.epsilon) \
    \(percent(result.verifiedAccuracy)), \(test.count) test images
    """
  }

  /// What goes into the network's file.
  var metadata: [String: String] {
    [
      "training": settings, "training data": "\(training.count) images of \(training.name)",
      "training data sha256": training.digest, "epsilon": "\(configuration.epsilon)",
      "training epsilon": "\(configuration.finalTrainingEpsilon)",
      "test accuracy": String(format: "%.4f", result.naturalAccuracy),
      "test accuracy verified by intervals": String(format: "%.4f", result.verifiedAccuracy),
    ]
  }

  private var architecture: String {
    let widths = configuration.widths ?? configuration.architecture.usualWidths
    let sizes = widths.isEmpty ? "" : ", widths " + widths.map(String.init).joined(separator: " ")
    return "\(configuration.architecture)\(sizes)"
  }

  private var kept: String {
    switch (trained.keptEpoch, configuration.resolvedSelection) {
    case (nil, _): "the average of the weights since epoch \((configuration.averageFrom ?? 0) + 1)"
    case (_, .last): "the last epoch's"
    case (let epoch?, let selection): "epoch \(epoch)'s, chosen by \(selection.rawValue) accuracy on held-out images"
    }
  }

  private func optional(_ fraction: Double?) -> String { fraction.map(percent) ?? "-" }

  private var seconds: Double { trained.history.reduce(0) { $0 + $1.trainingSeconds + $1.evaluationSeconds } }

  private var settings: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Settings that were validated hold nothing that JSON cannot.
    return (try? encoder.encode(configuration)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// The card, in Markdown.
  var text: String {
    """
    # \((file as NSString).lastPathComponent)

    | | |
    |---|---|
    | architecture | \(architecture) |
    | trained by | \(configuration.method.rawValue) at ε = \(configuration.finalTrainingEpsilon) (ℓ∞, pixels in [0, 1]) |
    | judged at | ε = \(configuration.epsilon) |
    | training data | \(training.count) images of \(training.name), sha256 `\(training.digest)`, \(configuration.validation) of them held out |
    | epochs | \(trained.history.count), the network is \(kept) |
    | test data | \(test.count) images of \(test.name), sha256 `\(test.digest)` |
    | test accuracy | \(percent(result.naturalAccuracy)) |
    | test accuracy under attack at ε (margin, 10 steps) | \(optional(result.attackedAccuracy)) |
    | TAPS accuracy on the test images at ε | \(optional(result.latentAccuracy)) |
    | test accuracy verified by intervals at ε | \(percent(result.verifiedAccuracy)) |
    | ReLUs without a fixed sign at ε, by intervals | \(percent(result.unstableFraction)) |
    | ReLUs that are never active at ε, by intervals | \(percent(result.deadFraction)) |
    | training time | \(Int(seconds.rounded())) s on \(configuration.threads) threads, OpenBLAS kernels \(kernels) |

    The accuracies are computed in single precision: a guide, not a certificate. `worstcase exact` gives those.

    All settings: `\(settings)`

    """
  }
}
