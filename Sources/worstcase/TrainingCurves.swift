import Foundation
import Networks
import Reports
import Training

/// The curves of a training run as a figure, drawn anew after each epoch: whenever a run ends, and however, its figure is
/// there.
struct TrainingCurves {
  private let file, title, subtitle: String
  private let loss: String
  private let epochs: Int
  private var history: [EpochSummary] = []
  private var hasTold = false
  /// Why there is no figure of all epochs; nil where there is one.
  private(set) var fault: String?

  init(file: String, network: String, configuration: TrainingConfiguration) {
    self.file = file
    epochs = configuration.epochs
    title = "Training of \((network as NSString).lastPathComponent.printable)"
    var facts = "\(configuration.dataset), \(configuration.architecture.name), \(configuration.method.rawValue)"
    facts += String(format: ", ε = %.4g", configuration.epsilon)
    if configuration.validation > 0 {
      facts += "; accuracies and ReLUs at ε on \(configuration.validation) held-out images"
    }
    subtitle = facts
    switch (configuration.method, configuration.tapsLoss) {
    case (.taps, .product), (.staps, .product): loss = "robust (product)"
    default: loss = "robust"
    }
  }

  /// Draws what has happened.
  mutating func show(_ event: TrainingEvent) {
    switch event {
    case .started(_, _, let finished):
      history = finished
    case .epoch(let summary):
      history.append(summary)
      draw()
    case .batch, .checkpoint, .checkpointFailed:
      break
    }
  }

  /// Draws the whole, with the epoch that is kept.
  mutating func end(keptEpoch: Int?) { draw(kept: keptEpoch) }

  private mutating func draw(kept: Int? = nil) {
    let figure = CurvesFigure(title: title, subtitle: subtitle, panels: panels, kept: kept)
    let place = URL(fileURLWithPath: file)
    Interruption.undisturbed {
      do throws(ReportError) {
        try figure.draw(to: place)
        fault = nil
      } catch {
        let fault = "\(file): not drawn: \(Self.reason(error))"
        self.fault = fault
        // A terminal's Ctrl-C ends gnuplot as well.
        if Interruption.requested != nil {
          try? figure.draw(to: place)
        } else if !hasTold, history.count < epochs {
          hasTold = true
          Output.note("\(fault); training goes on, and each epoch tries again")
        }
      }
    }
  }

  /// An error in words that are not of studies' reports.
  private static func reason(_ error: ReportError) -> String {
    guard case .unwritable(_, let reason) = error else { return "\(error)" }
    return reason.trimmingCharacters(in: ["."])
  }

  private var panels: [CurvesFigure.Panel] {
    func curve(
      _ name: String, _ style: CurvesFigure.Style, _ value: (EpochSummary) -> Double?
    ) -> CurvesFigure.Curve {
      CurvesFigure.Curve(name, style, history.map(value))
    }
    func percent(_ fraction: Double?) -> Double? { fraction.map { 100 * $0 } }
    // A robust loss of one part is that part.
    let parts = [
      curve("PGD part", .attacked) { $0.adversarialLoss }, curve("TAPS part", .latent) { $0.latentLoss },
      curve("IBP part", .box) { $0.boxLoss },
    ]
    let hasParts = history.contains {
      [$0.adversarialLoss, $0.latentLoss, $0.boxLoss].compactMap { $0 }.count > 1
    }
    return [
      .init(
        "accuracy (%)",
        [
          curve("natural", .natural) { percent($0.evaluation?.naturalAccuracy) },
          curve("PGD", .attacked) { percent($0.evaluation?.attackedAccuracy) },
          curve("TAPS", .latent) { percent($0.evaluation?.latentAccuracy) },
          curve("IBP", .box) { percent($0.evaluation?.verifiedAccuracy) },
        ]),
      .init(
        "mean loss (nats)", mayBeLogarithmic: true,
        [curve("natural", .natural) { $0.naturalLoss }, curve(loss, .total) { $0.robustLoss }]
          + (hasParts ? parts : [])),
      .init(
        "ReLUs (%)",
        [
          curve("unstable", .box) { percent($0.evaluation?.unstableFraction) },
          curve("dead", .natural) { percent($0.evaluation?.deadFraction) },
        ]),
      .init("radius ε (pixels in [0, 1])", [curve("ε", .natural) { $0.epsilon }]),
    ]
  }
}
