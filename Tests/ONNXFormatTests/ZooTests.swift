import Foundation
import Networks
import TestSupport
import Testing

@testable import ONNXFormat

/// Files of many exporters, with the outputs that ONNX Runtime computed for them.
@Suite("Reference models", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct ZooTests {
  /// Models whose operators are all supported.
  static let supported = [
    "auto_lirpa_ood", "dnnv_conv_small_point", "dnnv_mnist_relu_3_50", "marabou_bn_1d",
    "marabou_cifar_deep_kw_shapechain", "marabou_cifar_deep_kw_simplified", "marabou_fc1_tf",
    "marabou_fc2_flatten_axis0", "marabou_fc_matmul_alpha_beta", "marabou_gtsrb_fast", "marabou_tinytaxinet",
    "marabou_traffic64", "marabou_zoo_batchnorm", "marabou_zoo_cast_int_to_float", "marabou_zoo_conv",
    "marabou_zoo_reshape_with_dimension_inference", "syn_bn_conv_residual", "syn_const_forms", "syn_conv1d",
    "syn_conv_asym_pads_dilation", "syn_conv_depthwise", "syn_conv_groups", "syn_dead_branch_unused_init",
    "syn_dtypes", "syn_flatten_negative_axis", "syn_gemm_variants", "syn_identity_output_is_input_relu",
    "syn_linear_only", "syn_matmul_left_and_batched", "syn_neg_scale_duplicates", "syn_norm_sub_div_mul",
    "vnncomp_acasxu_1_1", "vnncomp_collins_small20", "vnncomp_marabou_cifar10_small", "vnncomp_resnet_2b",
    "vnncomp_safenlp_medical", "vnncomp_test_nano", "vnncomp_test_small", "vnncomp_tll_n8",
    // With windows, choices and joins.
    "marabou_cnn_max_mnist2", "marabou_conv_mp1", "syn_avgpool_count_include_pad", "syn_concat_split_slice",
    "syn_conv_same_lower", "syn_conv_same_upper", "syn_globalavgpool", "syn_maxpool_ceil_pads", "syn_pad_constant",
    "vnncomp_linearizenn_10_10", "vnncomp_tiny_yolo", "vnncomp_verivital_avgpool", "vnncomp_verivital_maxpool",
  ]

  /// The models of the index that are not in the list above.
  static var others: [String] {
    guard let index = try? String(contentsOf: SharedData.url("onnx-zoo/index.csv"), encoding: .utf8) else { return [] }
    return index.split(separator: "\n").dropFirst().compactMap { line in
      line.split(separator: ".onnx,").first.map(String.init)
    }
    .filter { !supported.contains($0) }
  }

  @Test("Outputs agree with the reference", arguments: supported)
  func agrees(name: String) throws {
    let model = try ONNXModel(contentsOf: SharedData.url("onnx-zoo/\(name).onnx").path)
    for sample in 0..<3 {
      let input = try ReferenceArray(SharedData.url("onnx-zoo/\(name).s\(sample).in0.npy"))
      let expected = try ReferenceArray(SharedData.url("onnx-zoo/\(name).s\(sample).out0.npy"))
      let outputs = model.network.outputs(input.values)
      #expect(outputs.count == expected.values.count)
      let scale = 1 + (expected.values.map(\.magnitude).max() ?? 0)
      for (found, wanted) in zip(outputs, expected.values) { #expect(abs(found - wanted) <= 1e-5 * scale) }
      #expect(model.nodes.last?.outputExtents == expected.extents)
    }
  }

  @Test("The folded network's enclosure contains its outputs", arguments: ["syn_bn_conv_residual", "marabou_bn_1d"])
  func encloses(name: String) throws {
    let model = try ONNXModel(contentsOf: SharedData.url("onnx-zoo/\(name).onnx").path)
    let input = try ReferenceArray(SharedData.url("onnx-zoo/\(name).s0.in0.npy")).values
    let box = model.network.enclosure(at: input)
    #expect(box.contains(model.network.outputs(input)))
    #expect(box.centreAndRadius.radius.allSatisfy { $0 < 1e-12 })
    let diagonals = model.network.nodes.filter {
      if case .linear(let layer, _) = $0.operation, case .diagonal = layer.map { true } else { false }
    }
    #expect(diagonals.isEmpty)
  }

  @Test("Everything else is refused with a list", arguments: others)
  func refuses(name: String) throws {
    do {
      _ = try ONNXModel(contentsOf: SharedData.url("onnx-zoo/\(name).onnx").path)
      Issue.record("\(name) was imported")
    } catch let error as ONNXError {
      #expect(!error.description.contains("\n"))
      switch error {
      case .unsupported(_, let nodes): #expect(!nodes.isEmpty)
      case .malformed(_, _, let reason): #expect(reason.contains("only one is supported"))
      default: Issue.record("\(error)")
      }
    }
  }

  @Test("A refusal lists every operator at once")
  func listsAll() throws {
    let path = try SharedData.url("onnx-zoo/vnncomp_lsnc_state.onnx").path
    let error = #expect(throws: ONNXError.self) { try ONNXModel(contentsOf: path) }
    guard case .unsupported(_, let nodes)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(Set(nodes.map(\.operatorName)).isSuperset(of: ["Sin", "Cos"]))
  }
}

/// A little-endian float32 array in NumPy's format, version 1.
struct ReferenceArray {
  let extents: [Int]
  let values: [Double]

  init(_ url: URL) throws {
    let data = try Data(contentsOf: url)
    let start = 10 + Int(data[8]) + 256 * Int(data[9])
    let header = String(decoding: data[10..<start], as: UTF8.self)
    #expect(header.contains("'<f4'") && header.contains("'fortran_order': False"))
    let tuple = header.split(separator: "(")[1].split(separator: ")", omittingEmptySubsequences: false)[0]
    extents = tuple.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    values = data[start...].withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { Double(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)) }
    }
  }
}
