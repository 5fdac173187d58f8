import Foundation
import MathematicalPrograms
import Studies
import Testing

@testable import Verification

@Suite struct DisagreementReportTests {
  static let input = [0.1, 1.0 / 3, 5e-324, 1]

  static func report() -> DisagreementReport {
    var program = LinearProgram()
    _ = program.addColumn(0, 1, objective: 0.1)
    let disagreement = Disagreement(
      class: 3, attained: 0.1 + 0.2, input: input, claimed: 0.25, upper: .infinity, program: program)
    return DisagreementReport(
      disagreement, model: .init(name: "nets/a b.onnx", digest: "ab12"), dataset: .init(name: "mnist", digest: "cd34"),
      sample: 7, label: 5, epsilon: 2.0 / 255, toolVersion: "0.1.0")
  }

  struct Question: Decodable {
    var toolVersion, model, modelDigest, dataset, datasetDigest, program, upper: String
    var sample, label, `class`: Int
    var epsilon, attained, claimed: Double
    var input: [Double]
  }

  @Test func `files say all that was asked and answered`() throws {
    let folder = try ScratchFolder()
    // An older report on the same question gives way.
    try Data("old".utf8).write(to: folder.url.appendingPathComponent("disagreement-7-3.json"))
    let sentence = Self.report().conclude(in: folder.url)
    #expect(folder.contents == ["disagreement-7-3.json", "disagreement-7-3.lp"])
    for words in [
      "sample 7", "class 3", "0.25", "\(0.1 + 0.2)", folder.path("disagreement-7-3.json"),
      folder.path("disagreement-7-3.lp"),
    ] {
      #expect(sentence.contains(words), "\(sentence)")
    }
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path("disagreement-7-3.json")))
    let question = try JSONDecoder().decode(Question.self, from: data)
    #expect(question.input.map(\.bitPattern) == Self.input.map(\.bitPattern))
    #expect((question.sample, question.label, question.class) == (7, 5, 3))
    #expect((question.attained, question.claimed, question.upper) == (0.1 + 0.2, 0.25, "inf"))
    #expect(question.epsilon == 2.0 / 255)
    #expect((question.model, question.modelDigest) == ("nets/a b.onnx", "ab12"))
    #expect((question.dataset, question.datasetDigest) == ("mnist", "cd34"))
    #expect(question.program == "disagreement-7-3.lp" && question.toolVersion == "0.1.0")
    let program = try String(contentsOfFile: folder.path(question.program), encoding: .utf8)
    #expect(program.hasPrefix("Maximize\n") && program.contains("0.1 v0") && program.hasSuffix("\nEnd\n"))
  }

  // No user may create files in /proc, so that this also holds for the superuser.
  @Test(arguments: ["/proc", "/no/such/folder"])
  func `a folder that takes no files still leaves the statement`(_ path: String) throws {
    let sentence = Self.report().conclude(in: URL(fileURLWithPath: path))
    for words in ["sample 7", "class 3", "0.25", "\(0.1 + 0.2)", "could be written to \(path)"] {
      #expect(sentence.contains(words), "\(sentence)")
    }
    #expect(throws: (any Error).self) { try Self.report().write(to: URL(fileURLWithPath: path)) }
  }
}
