import Networks
import Testing
import VNNLIB

@Suite struct CounterexampleTests {
  @Test func `the text is the competition's`() throws {
    let counterexample = try Counterexample(inputs: [0.1, -1e-300], outputs: [3])
    #expect(counterexample.text == "sat\n((X_0 0.1)\n (X_1 -1e-300)\n (Y_0 3.0))\n")
  }

  @Test func `every number reads back as the same double`() throws {
    let inputs = [0.1, 1.0 / 3, .leastNonzeroMagnitude, -.greatestFiniteMagnitude, 1e16, 123456.789e3, -0.0]
    let text = try Counterexample(inputs: inputs, outputs: [2]).text
    let words = text.split { " ()\n".contains($0) }
    #expect(words.first == "sat")
    for (index, value) in inputs.enumerated() {
      #expect(words[1 + 2 * index] == "X_\(index)")
      #expect(Double(words[2 + 2 * index])?.bitPattern == value.bitPattern)
    }
  }

  @Test func `numbers that are none are refused`() {
    let error = #expect(throws: CounterexampleError.self) { try Counterexample(inputs: [0, .nan], outputs: [1]) }
    #expect(error?.description == "X_1 is nan: a counterexample has finite numbers")
    let second = #expect(throws: CounterexampleError.self) {
      try Counterexample(inputs: [0], outputs: [.infinity])
    }
    #expect(second?.variable == .output(0))
  }
}
