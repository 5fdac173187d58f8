import Foundation
import TestSupport
import Testing

/// The tool against answers of independent programs.
@Suite("Reference answers", .serialized, .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct ReferenceTests {
  struct Row: Decodable {
    var index: Int
    var lower, upper: Double
    var status: String
    var estimates: [String: Double]?
  }

  private func rows(_ arguments: [String], in folder: borrowing Scratch) throws -> [Row] {
    let mnist = ["--dataset", "mnist", "--data", try SharedData.url("mnist").path, "--json"]
    let ending = try Tool.run(arguments + mnist, in: folder, timeout: 300)
    #expect([0, 1].contains(ending.status), "\(ending.errors)")
    return try ending.output.split(separator: "\n").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
  }

  @Test(
    "The exact margin agrees with that of another solver",
    arguments: [("cnn3_w4_8_ibp.onnx", "0.1", 12), ("cnn3_w16_32_ibp.onnx", "0.05", 4)])
  func exact(net: String, epsilon: String, count: Int) throws {
    let text = try String(contentsOf: SharedData.url("reference/exact.csv"), encoding: .utf8)
    var expected: [Int: Double] = [:]
    for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("\(net),\(epsilon),") {
      let fields = line.split(separator: ",")
      if let index = Int(fields[2]), let margin = Double(fields[4]) { expected[index] = margin }
    }
    let found = try rows(
      ["exact", SharedData.url("reference/nets/\(net)").path, "--samples", "0..<\(count)", "--epsilon", epsilon],
      in: try Scratch())
    #expect(found.map(\.index) == Array(0..<count))
    for row in found {
      let margin = try #require(expected[row.index])
      // Both ends bound the true value, and the reference has an error of its own.
      #expect(row.lower <= margin + 1e-4 && row.upper >= margin - 1e-4, "sample \(row.index)")
      #expect(row.status == "bracket" || row.upper - row.lower <= 1e-6 * max(1, abs(row.lower)), "sample \(row.index)")
      if row.status == "exact" { #expect(abs(row.lower - margin) <= 1e-4, "sample \(row.index)") }
    }
  }

  struct Bounds: Decodable {
    struct Row: Decodable {
      var net: String
      var epsilon: Double
      var index: Int
      var ibp, crownIBP: [Double]
      enum CodingKeys: String, CodingKey {
        case net, epsilon, index, ibp
        case crownIBP = "crown-ibp"
      }
    }
    var rows: [Row]
  }

  @Test("IBP and CROWN-IBP agree with another implementation")
  func bounds() throws {
    let net = "cnn3_w4_8_ibp.onnx"
    let bounds = try JSONDecoder().decode(Bounds.self, from: Data(contentsOf: SharedData.url("reference/bounds.json")))
    let found = try rows(
      [
        "study", SharedData.url("reference/nets/\(net)").path, "--samples", "0..<10", "--epsilon", "0.1",
        "--methods", "IBP,CROWN-IBP", "--store", "s.sqlite",
      ], in: try Scratch())
    #expect(found.count == 10)
    for row in found {
      let expected = try #require(
        bounds.rows.first { $0.net == net && $0.epsilon == 0.1 && $0.index == row.index })
      let ibp = try #require(expected.ibp.max())
      // Ours intersects the two, class by class.
      let crown = try #require(zip(expected.ibp, expected.crownIBP).map { min($0, $1) }.max())
      #expect(abs(try #require(row.estimates?["IBP"]) - ibp) <= 1e-4, "sample \(row.index)")
      #expect(abs(try #require(row.estimates?["CROWN-IBP"]) - crown) <= 1e-4, "sample \(row.index)")
    }
  }
}
