import Foundation
import Networks
import TestSupport
import Testing

@testable import ONNXFormat

/// Files that are wrong, each in its own way.
@Suite("Malformed files", .serialized, .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct MalformedFileTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let kind: String
    var testDescription: String { name }
  }

  /// The rows of the folder's table: the name comes first, the kind fifth.
  static var cases: [Case] {
    guard let text = try? String(contentsOf: SharedData.url("onnx-zoo/bad/README.md"), encoding: .utf8) else {
      return []
    }
    return text.split(separator: "\n").compactMap { line in
      let columns = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard columns.count >= 5, columns[0].hasSuffix(".onnx") else { return nil }
      return columns.first { ["refuse", "either", "accept"].contains($0) }.map { Case(name: columns[0], kind: $0) }
    }
  }

  @Test("Each file is answered in one line, quickly", arguments: cases)
  func answers(file: Case) throws {
    let path = try SharedData.url("onnx-zoo/bad/\(file.name)").path
    let clock = ContinuousClock()
    var refusal: ONNXError?
    let time = clock.measure {
      do throws(ONNXError) {
        _ = try ONNXModel(contentsOf: path)
      } catch {
        refusal = error
      }
    }
    #expect(time < .seconds(1))
    switch file.kind {
    case "refuse": #expect(refusal != nil)
    case "accept": #expect(refusal == nil, "\(refusal?.description ?? "")")
    default: break
    }
    if let refusal {
      #expect(refusal.description.hasPrefix(path + ": "))
      #expect(refusal.description.unicodeScalars.allSatisfy { $0.value >= 32 })
    }
  }

  @Test(
    "The refusal names what is wrong",
    arguments: [
      ("nan_weight", "w1[2,1] is nan: every bound computed with it would be meaningless"),
      ("inf_weight", "w1[2,1] is inf"), ("bn_negative_variance", "bn: variance[1] = -1"),
      ("div_by_zero_constant", "div: divisor[0,1] is 0"), ("negative_dim_initializer", "w1: negative dimension"),
      ("short_raw_data", "w1: 120 bytes expected for 6x5, 96 stored"), ("cyclic", "cycle through "),
      ("self_loop", "cycle through self"), ("no_graph", "no graph"), ("no_outputs", "graph has no output"),
      ("no_inputs", "fc1 reads x, which nothing defines"), ("no_nodes", "output y is produced by no node"),
      ("undefined_tensor", "act1 reads nowhere, which nothing defines"),
      ("duplicate_initializer", "w1 is defined twice"), ("duplicate_definition", "a is defined twice (fc1, fc2)"),
      ("unsupported_op_unknown", "act1: operator FancyActivation is not supported"),
      ("unsupported_domain", "act1: operator com.example::Relu is not supported"),
      ("reshape_two_unknowns", "rs: more than one -1"), ("reshape_mismatch", "rs: 4 elements do not fit 1x5"),
      ("conv_zero_stride", "conv1: strides 0x0"), ("conv_zero_group", "conv1: group 0"),
      ("conv_bad_group", "conv1: 1 channels are not divisible by group 3"),
      ("conv_pads_wrong_count", "conv1: 2 pads for 2 spatial axes"),
      ("conv_kernel_shape_contradicts_weight", "conv1: kernel_shape 5x5, but the weights are 3x3"),
      ("opset_999", "operator set 999 is newer than"), ("int8_weight", "w1: element type int8 is not supported"),
      ("external_data_path_escape", "w1: external data outside the model's folder is never read"),
      ("external_data_missing", "w1: external data is not there"),
      ("unknown_dtype", "w1: unknown element type 99"), ("int64_input", "input x: element type int64 is not supported"),
      ("attribute_wrong_type", "fc2: transB must be an int"), ("too_many_inputs", "act1: Relu takes 1 input, has 2"),
      ("too_few_inputs", "fc1: Gemm takes 2 or 3 inputs, has 1"), ("zero_length", "file is empty"),
      ("bilinear_mul", "sq: Mul: product of two non-constant tensors"),
    ])
  func names(file: String, text: String) throws {
    let path = try SharedData.url("onnx-zoo/bad/\(file).onnx").path
    do {
      _ = try ONNXModel(contentsOf: path)
      Issue.record("\(file) was imported")
    } catch {
      #expect("\(error)".contains(text), "\(error)")
    }
  }

  @Test(
    "No prefix of a good file and no flipped bit makes a trap",
    arguments: [
      "bad/good_control", "syn_bn_conv_residual", "syn_const_forms", "syn_gemm_variants", "syn_matmul_left_and_batched",
      "syn_conv_asym_pads_dilation", "marabou_zoo_batchnorm", "syn_concat_split_slice", "syn_maxpool_ceil_pads",
      "syn_avgpool_count_include_pad", "syn_globalavgpool",
    ])
  func survivesDamage(name: String) throws {
    let good = try Data(contentsOf: SharedData.url("onnx-zoo/\(name).onnx"))
    for length in 0..<good.count { _ = try? ONNXModel(data: good.prefix(length), path: "prefix") }
    for position in good.indices {
      for bit in 0..<8 {
        var damaged = good
        damaged[position] ^= 1 << bit
        _ = try? ONNXModel(data: damaged, path: "damaged")
      }
    }
  }
}
