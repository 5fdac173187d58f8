import ArgumentParser
import Foundation
import Networks
import ONNXFormat
import Tensors
import VNNLIB
import Verification

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Whether a property holds: unsat (it does), sat (with a counterexample), timeout or unknown.",
    discussion: """
      The property is a VNNLIB file, which states the unsafe set. Nobody can violate it (unsat) or here is who does
      (sat): bounds hold in real arithmetic, counterexamples are replayed in it. What each stage decided and what it
      took stands below the verdict. --results writes the verification competition's result file.

      Examples:
        worstcase verify net.onnx property.vnnlib
        worstcase verify net.onnx.gz property.vnnlib.gz --timeout 60 --results out.txt
        worstcase verify net.onnx property.vnnlib --json

      Exit status: 0 for unsat and sat, 1 for timeout and unknown.
      """)

  @Argument(help: "An ONNX model.")
  var model: String

  @Argument(help: "A property (.vnnlib, .vnnlib.gz).")
  var property: String

  @OptionGroup var machine: MachineOptions

  @Option(parsing: .unconditional, help: "Seconds, from the start of the tool; without it, as long as it takes.")
  var timeout: Double?

  @Option(help: "Where to write the verdict, and the counterexample, as the verification competition wants them.")
  var results: String?

  @Option(parsing: .unconditional, help: "Seed of all random numbers.")
  var seed: UInt64 = 1

  @Flag(help: "One JSON object instead of text.")
  var json = false

  func run() throws {
    let deadline = Deadline(seconds: timeout ?? .infinity)
    if let timeout, !(timeout > 0 && timeout.isFinite) {
      throw Failure(status: .badInput, message: "--timeout must be a positive number of seconds, not \(timeout)")
    }
    if let results { try OutputPlace.requireFile(results, option: "--results") }
    let workers = try machine.prepare().workers
    let network = try Failure.onBadInput { try ONNXModel(contentsOf: model) }.network
    let property = try PropertyListing.property(self.property, for: network)
    let result = PropertyVerification.verify(
      property, of: network, settings: PropertySettings(timeout: deadline.remaining, seed: seed), workers: workers)

    let counterexample = try result.witness.map { witness in
      try Failure.onFault {
        try Counterexample(inputs: witness.input, outputs: witness.outputValues)
      }
    }
    if let results {
      try Failure.onBadInput {
        try Data((counterexample?.text ?? result.word + "\n").utf8).write(
          to: URL(fileURLWithPath: results), options: .atomic)
      }
    }
    if json {
      try Output.json(VerdictRow(result, counterexample))
    } else {
      show(result, counterexample)
    }
    if case .undecided(let reason) = result.verdict {
      throw Failure(
        status: .unanswered,
        message: reason == .timeLimit
          ? "the time was up (--timeout \(timeout ?? .infinity))" : "not decided: \(reason.explanation)")
    }
  }

  private func show(_ result: PropertyResult, _ counterexample: Counterexample?) {
    Output.line(result.word)
    if let stage = result.decidedBy { Output.line("decided by  \(stage.rawValue)") }
    for record in result.stages {
      let part = record.stage == .mixedInteger ? ("program asked", "programs asked") : ("part bounded", "parts bounded")
      let nodes = record.nodes > 0 ? ", \(record.nodes) \(record.nodes == 1 ? part.0 : part.1)" : ""
      let name = record.stage.rawValue + String(repeating: " ", count: max(1, 22 - record.stage.rawValue.count))
      Output.line("  \(name)\(String(format: "%8.3f s", record.seconds))  \(record.decided) decided\(nodes)")
    }
    Output.line("seconds     " + String(format: "%.3f", result.seconds))
    guard let counterexample else { return }
    let shown = 10
    for (index, value) in counterexample.inputs.prefix(shown).enumerated() { Output.line("X_\(index) = \(value)") }
    if counterexample.inputs.count > shown {
      Output.line("and \(counterexample.inputs.count - shown) inputs more (--results and --json have all)")
    }
    for (index, value) in counterexample.outputs.prefix(shown).enumerated() { Output.line("Y_\(index) = \(value)") }
    if counterexample.outputs.count > shown { Output.line("and \(counterexample.outputs.count - shown) outputs more") }
  }
}

extension PropertyResult {
  /// The verification competition's word for the verdict.
  var word: String {
    switch verdict {
    case .holds: "unsat"
    case .violated: "sat"
    case .undecided(.timeLimit): "timeout"
    case .undecided: "unknown"
    }
  }

  /// The counterexample, if there is one.
  var witness: PropertyWitness? {
    if case .violated(let witness) = verdict { witness } else { nil }
  }
}

extension UndecidedReason {
  /// What to tell the user.
  var explanation: String {
    switch self {
    case .timeLimit: "the time was up"
    case .numerical: "what is left is beyond double precision"
    case .coefficients: "a coefficient of the property is beyond the range of doubles"
    case .overflow: "the network's outputs overflow"
    }
  }
}

/// What `verify --json` says.
private struct VerdictRow: Encodable {
  let verdict: String
  let reason: String?
  let decidedBy: String?
  let nodes: Int
  let seconds: Double
  let upper: Double
  let stages: [StageRecord]
  let inputs, outputs: [Double]?

  init(_ result: PropertyResult, _ counterexample: Counterexample?) {
    verdict = result.word
    reason = if case .undecided(let reason) = result.verdict { reason.rawValue } else { nil }
    decidedBy = result.decidedBy?.rawValue
    nodes = result.nodes
    seconds = result.seconds
    upper = result.upper
    stages = result.stages
    inputs = counterexample?.inputs
    outputs = counterexample?.outputs
  }
}
