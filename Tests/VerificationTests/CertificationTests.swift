import Bounds
import Intervals
import Networks
import TestSupport
import Tensors
import Testing

@testable import Verification

/// Verdicts on samples, judged by the exact largest margin over all linear pieces.
@Suite struct CertificationTests {
  /// A network of two inputs and three classes, and a sample whose ball has ends that are doubles.
  private struct Sample {
    let network: Network
    let centre: [Double]
    let radius: Double

    init(_ number: Int) throws {
      var random = RandomNetworks(seed: 0xCE27 &+ UInt64(number))
      let kinds: [RandomNetworks.Planar] = [.twoLayers, .threeLayers, .residual, .whole, .cancelling]
      let box: Box
      (network, box) = try random.planar(kinds[number % kinds.count])
      centre = box.centre.map { ($0 * 64).rounded() / 64 }
      radius = [1.0 / 64, 1.0 / 16, 1.0 / 4, 1][number / kinds.count % 4]
    }

    /// The largest margin over the ball, exact.
    func worstMargin(label: Int) -> Rational {
      let box = Box(lower: centre.map { $0 - radius }, upper: centre.map { $0 + radius })
      let others = (0..<3).filter { $0 != label }
      return ExactMaximum(of: .margins(of: others, label: label, outputs: 3), of: network, over: box).values.max()
        ?? .zero
    }

    func certify(label: Int, search: PropertySearch) throws -> CertificationResult {
      try Certification.certify(
        centre, label: label, by: network, radius: radius, validRange: -100...100, timeout: 30,
        settings: CertificationSettings(attackSteps: 20, attackRestarts: 2, search: search))
    }
  }

  @Test(arguments: 0..<20) func `verdicts agree with the exact worst case`(_ chunk: Int) throws {
    for number in chunk * 8..<chunk * 8 + 8 {
      let sample = try Sample(number)
      let outputs = sample.network.outputs(sample.centre)
      let predicted = try #require(outputs.indices.max { outputs[$0] < outputs[$1] })
      let worst = sample.worstMargin(label: predicted)
      for search in [PropertySearch.inputs, .activations] {
        let result = try sample.certify(label: predicted, search: search)
        let what: Comment = "network \(number), \(search), worst margin \(worst)"
        #expect(result.predicted == predicted, what)
        // What is attained is attained, and what is excluded is.
        let lower = try #require(result.lower)
        #expect(try #require(Rational(lower.margin)) <= worst, what)
        if let upper = result.upper { #expect(try #require(Rational(upper)) >= worst, what) }
        switch result.verdict {
        case .certified: #expect(worst < .zero, what)
        case .falsified:
          #expect(worst >= .zero && lower.margin >= 0, what)
          #expect(lower.input.indices.allSatisfy { abs(lower.input[$0] - sample.centre[$0]) <= sample.radius }, what)
        // Where the worst case is a tie to within rounding, nobody can tell.
        case .undecided: #expect(abs(worst) < Rational(1, 1_000_000_000), what)
        case .misclassified: Issue.record("misclassified as itself, \(what)")
        }
        #expect((result.decidedBy == nil) == (result.verdict == .undecided), what)
      }
      let wrong = try #require(outputs.indices.first { outputs[$0] < outputs[predicted] })
      let other = try sample.certify(label: wrong, search: .automatic)
      #expect(other.verdict == .misclassified && other.decidedBy == nil && other.stages.isEmpty)
    }
  }

  @Test func `a tie is no certificate`() throws {
    // Both outputs are the input.
    var builder = NetworkBuilder(inputShape: Shape(vector: 1))
    let doubled = try builder.linear(
      LinearLayer(map: .dense(DenseMap(rows: 2, columns: 1, weights: [1, 1])), bias: [0, 0]), of: builder.input,
      shape: Shape(vector: 2), name: "doubled")
    let network = builder.network(output: doubled)
    for label in 0..<2 {
      let result = try Certification.certify(
        [0.1], label: label, by: network, radius: 0.1, validRange: 0...1, timeout: 1)
      #expect(result.predicted == label)
      #expect(result.verdict == .undecided || result.verdict == .falsified)
      #expect(try #require(result.lower).margin <= 0 && result.upper ?? 0 >= 0)
    }
  }

  @Test func `without time nothing is claimed`() throws {
    let sample = try Sample(0)
    let outputs = sample.network.outputs(sample.centre)
    let predicted = try #require(outputs.indices.max { outputs[$0] < outputs[$1] })
    let result = try Certification.certify(
      sample.centre, label: predicted, by: sample.network, radius: 50, validRange: -100...100, timeout: 1e-9)
    #expect(result.verdict == .undecided && result.reason == .timeLimit && result.decidedBy == nil)
  }

  @Test func `a sample whose outputs overflow is undecided, whatever its neighbours are`() throws {
    let network = try OverflowingNetwork.make()
    let expected: [RobustnessVerdict] = [.certified, .undecided, .misclassified, .certified]
    for (sample, expected) in zip(OverflowingNetwork.samples, expected) {
      let result = try Certification.certify(
        sample.input, label: sample.label, by: network, radius: 0.1, validRange: 0...1, timeout: 30)
      #expect(result.verdict == expected)
      guard expected == .undecided else { continue }
      #expect(result.reason == .overflow && result.predicted == nil && result.lower == nil && result.upper == nil)
    }
  }

  @Test func `regions that make no sense are refused`() throws {
    let network = try Sample(0).network
    func certify(_ centre: [Double], radius: Double) throws {
      _ = try Certification.certify(centre, label: 0, by: network, radius: radius, validRange: 0...1, timeout: 1)
    }
    #expect(throws: RegionError.radius(-1)) { try certify([0, 0], radius: -1) }
    #expect(throws: RegionError.centreOutside(element: 1, value: 2)) { try certify([0, 2], radius: 0.1) }
  }
}

/// The absolute value.
private func abs(_ value: Rational) -> Rational { value < .zero ? .zero - value : value }
private func abs(_ value: Double) -> Double { value.magnitude }
