import Bounds
import BranchAndBound
import Intervals
import Networks
import ONNXFormat
import TestSupport
import Tensors
import Testing
import VNNLIB

@testable import Verification

/// Properties judged by the exact maximum of a margin over all linear pieces, and by what samples show.
@Suite struct PropertyVerificationTests {
  @Test func `an attack on a large network takes few cases at once, for the sake of the time limit`() throws {
    var random = RandomNetworks(seed: 1)
    #expect(PropertyVerification.casesAttackedAtOnce(in: try random.dense([10, 20, 10]), restarts: 5) > 1000)
    // A convolution of 64 channels on images of 56 by 56: 115 million multiply-adds, a tenth of a second each way.
    let shape = try Shape([64, 56, 56])
    let geometry = try ConvolutionGeometry(
      channels: 64, height: 56, width: 56, outputChannels: 64, kernel: (3, 3), pads: (1, 1, 1, 1))
    let map = ConvolutionMap(geometry: geometry, weights: random.weights(geometry.weightCount))
    var builder = NetworkBuilder(inputShape: shape)
    let last = try builder.linear(
      LinearLayer(map: .convolution(map)), of: builder.input, shape: shape, name: "convolution")
    let network = builder.network(output: last)
    #expect(1...4 ~= PropertyVerification.casesAttackedAtOnce(in: network, restarts: 5))
  }

  /// A margin of a small network over a box, with its exact largest value, as a property with a threshold.
  private struct Question {
    let network: Network
    let box: Box
    let maximum: Rational
    let target: Int

    init(_ number: Int) throws {
      var random = RandomNetworks(seed: 0xBEEF &+ UInt64(number))
      let tame = RandomNetworks.Planar.allCases.filter(\.isTame)
      (network, box) = try random.planar(tame[number % tame.count])
      target = random.index(1...2)
      maximum =
        ExactMaximum(of: .margins(of: [target], label: 0, outputs: 3), of: network, over: box).values[0]
    }

    /// That the margin reaches a threshold nowhere; with a second row that holds everywhere, or none.
    func property(threshold: Rational, andAlways: Bool) throws -> Property {
      var draft = CaseDraft(inputCount: box.count)
      for i in 0..<box.count {
        let x = LinearRow.Term(.input(i), .one)
        draft.require(LinearRow(terms: [x], constant: -ExactNumber(box.upper[i])))
        draft.require(LinearRow(terms: [LinearRow.Term(.input(i), -.one)], constant: ExactNumber(box.lower[i])))
      }
      let terms = [LinearRow.Term(.output(0), .one), LinearRow.Term(.output(target), -.one)]
      draft.require(LinearRow(terms: terms, constant: ExactNumber(threshold)))
      if andAlways {
        // The margin reaches less than the threshold as well.
        draft.require(LinearRow(terms: terms, constant: ExactNumber(threshold) - .one))
      }
      return try Property(inputCount: box.count, outputCount: 3, cases: [draft])
    }
  }

  @Test(arguments: 0..<40) func `verdicts agree with the exact maximum`(_ chunk: Int) throws {
    for number in chunk * 8..<chunk * 8 + 8 {
      let question = try Question(number)
      let size = max(Rational(1), question.maximum < .zero ? .zero - question.maximum : question.maximum)
      let step = size * Rational(1, 100_000)
      for engine in [PropertySearch.inputs, .activations] {
        var settings = PropertySettings(timeout: 30)
        settings.search = engine
        let what: Comment = "network \(number), \(engine)"
        let above = try question.property(threshold: question.maximum + step, andAlways: number.isMultiple(of: 2))
        let safe = PropertyVerification.verify(above, of: question.network, settings: settings)
        #expect(safe.word == "unsat", what)
        #expect(safe.upper < 1e-9 * size.nearestDouble, what)
        let below = try question.property(threshold: question.maximum - step, andAlways: number.isMultiple(of: 2))
        let unsafe = PropertyVerification.verify(below, of: question.network, settings: settings)
        #expect(unsafe.word == "sat", what)
        if case .violated(let witness) = unsafe.verdict {
          let outputs = exactValues(of: question.network, at: witness.input)[question.network.output.index]
          #expect(below.contains(inputs: witness.input.map { exact($0) }, outputs: outputs), what)
        }
      }
    }
  }

  @Test(arguments: [PropertySearch.inputs, .activations]) func `one thread and two find the same`(
    _ engine: PropertySearch
  ) throws {
    for number in 0..<12 {
      let question = try Question(500 + number)
      let property = try question.property(
        threshold: question.maximum + Rational(1, 10_000), andAlways: number.isMultiple(of: 2))
      var settings = PropertySettings(timeout: 60)
      settings.search = engine
      let answers = [1, 2, 2].map {
        PropertyVerification.verify(
          property, of: question.network, settings: settings, workers: Workers(count: $0))
      }
      #expect(Set(answers.map(\.word)).count == 1)
      #expect(Set(answers.map(\.nodes)).count == 1)
      #expect(Set(answers.map(\.upper)).count == 1)
    }
  }

  @Test func `without rows every input of the box is unsafe, without cases none is`() throws {
    let question = try Question(1)
    var draft = CaseDraft(inputCount: question.box.count)
    for i in 0..<question.box.count {
      draft.require(
        LinearRow(terms: [LinearRow.Term(.input(i), .one)], constant: -ExactNumber(question.box.upper[i])))
      draft.require(
        LinearRow(terms: [LinearRow.Term(.input(i), -.one)], constant: ExactNumber(question.box.lower[i])))
    }
    let all = try Property(inputCount: question.box.count, outputCount: 3, cases: [draft])
    #expect(PropertyVerification.verify(all, of: question.network).word == "sat")
    let none = try Property(inputCount: question.box.count, outputCount: 3, cases: [])
    #expect(PropertyVerification.verify(none, of: question.network).word == "unsat")
  }

  /// Instances that take moments, of every kind: conjunctions, disjunctions, several boxes, rows over inputs.
  @Test(
    .enabled(if: SharedData.isPresent, "\(SharedData.absence)"),
    arguments: [
      ("test", "test_nano", "test_nano", "unsat"), ("test", "test_sat", "test_prop", "sat"),
      ("test", "test_unsat", "test_prop", "unsat"), ("acasxu", "ACASXU_run2a_1_1_batch_2000", "prop_1", "unsat"),
      ("acasxu", "ACASXU_run2a_2_1_batch_2000", "prop_2", "sat"),
      ("reach_prob_density", "vdp", "vdp_3", "sat"), ("nn4sys_lindex", "lindex", "lindex_1", "unsat"),
      ("tllverifybench", "tllBench_n=2_N=M=8_m=1_instance_0_1", "property_N=8_1", "unsat"),
      ("rl_benchmarks", "cartpole", "cartpole_case_unsafe_0", "unsat"),
      ("mnist_fc", "mnist-net_256x2", "prop_9_0.05", "unsat"), ("mnist_fc", "mnist-net_256x2", "prop_12_0.03", "sat"),
    ]) func `known verdicts`(_ folder: String, _ model: String, _ property: String, _ expected: String) throws
  {
    func file(_ path: String) throws -> String {
      if let packed = try? SharedData.url(path + ".gz") { return packed.path }
      return try SharedData.url(path).path
    }
    let network = try ONNXModel(contentsOf: file("vnncomp/\(folder)/onnx/\(model).onnx")).network
    let read = try VNNLIBFile.read(file("vnncomp/\(folder)/vnnlib/\(property).vnnlib"))
    let result = PropertyVerification.verify(
      read, of: network, settings: PropertySettings(timeout: 60), workers: Workers(count: 2))
    #expect(result.word == expected)
  }
}

extension PropertyResult {
  /// The verification competition's word.
  fileprivate var word: String {
    switch verdict {
    case .holds: "unsat"
    case .violated: "sat"
    case .undecided: "open"
    }
  }
}

extension Rational {
  fileprivate var nearestDouble: Double { ExactNumber(self).nearest }
}
