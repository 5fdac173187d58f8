import Foundation
import Testing

/// What `verify` answers about the network that the repository ships.
@Suite("verify")
struct VerifyTests {
  /// A property of ten outputs over a box of grey images: that output 0 reaches a number.
  private static func property(reaching number: String, grey: String = "0.5", width: Double = 0.001) -> Data {
    var text = ""
    for i in 0..<784 { text += "(declare-const X_\(i) Real)\n" }
    for i in 0..<10 { text += "(declare-const Y_\(i) Real)\n" }
    for i in 0..<784 { text += "(assert (>= X_\(i) \(grey)))(assert (<= X_\(i) (+ \(grey) \(width))))\n" }
    return Data((text + "(assert (>= Y_0 \(number)))\n").utf8)
  }

  @Test("unsat, sat and their result files")
  func verdicts() throws {
    let folder = try Scratch()
    try folder.write(Self.property(reaching: "1000"), to: "high.vnnlib")
    try folder.write(Self.property(reaching: "-1000"), to: "low.vnnlib")
    let high = try Tool.run(["verify", Tool.model, "high.vnnlib", "--results", "high.txt"], in: folder)
    #expect(high.status == 0 && high.errors.isEmpty && high.output.hasPrefix("unsat\n"))
    let low = try Tool.run(["verify", Tool.model, "low.vnnlib", "--results", "low.txt", "--json"], in: folder)
    #expect(low.status == 0 && low.errors.isEmpty)
    let row = try JSONSerialization.jsonObject(with: Data(low.output.utf8)) as? [String: Any]
    #expect(row?["verdict"] as? String == "sat" && (row?["inputs"] as? [Double])?.count == 784)
    let files = folder.contents().compactMapValues { String(data: $0, encoding: .utf8) }
    #expect(files["high.txt"] == "unsat\n")
    #expect(files["low.txt"]?.hasPrefix("sat\n((X_0 0.5") == true && files["low.txt"]?.contains("(Y_9 ") == true)
  }

  @Test("a property for another network, a missing file and a limit that is none are refused")
  func badInput() throws {
    let folder = try Scratch()
    try folder.write(
      Data("(declare-const X_0 Real)(declare-const Y_0 Real)(assert (<= 0 X_0 1))(assert (>= Y_0 0))".utf8),
      to: "other.vnnlib")
    try folder.write(Self.property(reaching: "0"), to: "own.vnnlib")
    for arguments in [
      [Tool.model, "other.vnnlib"], [Tool.model, "missing.vnnlib"], ["missing.onnx", "own.vnnlib"],
      [Tool.model, "own.vnnlib", "--timeout", "0"], [Tool.model, "own.vnnlib", "--timeout", "inf"],
      [Tool.model, "own.vnnlib", "--results", "nowhere/out.txt"],
    ] {
      let ending = try Tool.run(["verify"] + arguments, in: folder)
      #expect(ending.status == 2 && ending.output.isEmpty)
      #expect(ending.errors.split(separator: "\n").count == 1)
    }
  }
}
