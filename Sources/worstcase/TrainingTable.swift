import Files
import Foundation
import Training

/// A training run as it goes on: a line for each epoch on the terminal, and one of JSON in a file.
struct TrainingTable {
  let epochs: Int
  /// The file for JSON, if any.
  let log: String?
  private var history: [EpochSummary] = []
  /// The epoch whose state is in the checkpoint; nil while there is none.
  private(set) var storedEpoch: Int?
  /// Why the log lacks epochs; nil where it has all.
  private(set) var fault: String?
  private var hasToldOfLog = false

  init(epochs: Int, log: String?) {
    self.epochs = epochs
    self.log = log
  }

  /// Shows what has happened.
  mutating func show(_ event: TrainingEvent) {
    switch event {
    case .started(let parameters, let units, let finished):
      history = finished
      storedEpoch = finished.isEmpty ? nil : finished.count
      Output.note(
        "\(parameters) parameters, \(units) ReLUs"
          + (finished.isEmpty ? "" : ", continuing after epoch \(finished.count)"))
      Output.note("                     loss            accuracy on held-out images        ReLUs")
      Output.note(row(["epoch", "epsilon", "natural", "robust", "natural", "PGD", "TAPS", "IBP", "unstable", "dead"]))
      writeLog()
    case .batch:
      break
    case .checkpoint(_, let epoch):
      storedEpoch = epoch
    case .checkpointFailed(let error, let epoch):
      let left = storedEpoch.map { "the one after epoch \($0) is still there" } ?? "there is none yet"
      Output.note("\(error); \(left)\(epoch < epochs ? "; training goes on, and the next epoch tries again" : "")")
    case .epoch(let summary):
      history.append(summary)
      Output.note(line(summary))
      writeLog()
    }
  }

  private func line(_ summary: EpochSummary) -> String {
    func number(_ value: Double?, _ format: String) -> String { value.map { String(format: format, $0) } ?? "-" }
    func percent(_ value: Double?) -> String { number(value.map { 100 * $0 }, "%.2f %%") }
    let judged = summary.evaluation
    let cells = [
      "\(summary.epoch)", number(summary.epsilon, "%.4f"), number(summary.naturalLoss, "%.4f"),
      number(summary.robustLoss, "%.4f"), percent(judged?.naturalAccuracy), percent(judged?.attackedAccuracy),
      percent(judged?.latentAccuracy), percent(judged?.verifiedAccuracy), percent(judged?.unstableFraction),
      percent(judged?.deadFraction),
    ]
    return row(cells) + "  " + number(seconds(summary), "%.1f s") + left
  }

  private func seconds(_ summary: EpochSummary) -> Double { summary.trainingSeconds + summary.evaluationSeconds }

  /// How long the rest takes if epochs go on as the last one.
  private var left: String {
    guard let last = history.last, history.count < epochs else { return "" }
    let minutes = seconds(last) * Double(epochs - history.count) / 60
    return minutes < 90
      ? String(format: ", %.0f min left", minutes.rounded(.up)) : String(format: ", %.1f h left", minutes / 60)
  }

  private func row(_ cells: [String]) -> String {
    zip(cells, [5, 8, 9, 9, 9, 9, 9, 9, 9, 9]).map { cell, width in
      String(repeating: " ", count: max(0, width - cell.count)) + cell
    }.joined()
  }

  /// Writes all epochs anew: a run that continues has a log without gaps or repetitions.
  private mutating func writeLog() {
    guard let log else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let lines = history.compactMap { try? encoder.encode($0) }.map { String(decoding: $0, as: UTF8.self) + "\n" }
    do throws(FileDraftError) {
      try FileDraft(of: log, containing: Data(lines.joined().utf8)).replace()
      fault = nil
    } catch {
      fault = "\(error)"
      guard !hasToldOfLog, history.count < epochs else { return }
      hasToldOfLog = true
      Output.note("\(error); training goes on, and each epoch tries again")
    }
  }

  /// Tries once more to write a log that could not be written.
  mutating func end() { if fault != nil { writeLog() } }
}
