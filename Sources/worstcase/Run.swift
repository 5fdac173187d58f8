import ArgumentParser
import Datasets
import Foundation
import Networks
import Tensors

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The network's outputs for given inputs.",
    discussion: """
      Inputs are a NumPy array in the network's shape or flat, one input or several along a first axis.

      Examples:
        worstcase run net.onnx --input x.npy
        worstcase run net.onnx --input x.npy --output y.npy
      """)

  @Argument(help: "An ONNX model.")
  var model: String

  @OptionGroup var importing: ModelOptions

  @Option(help: "The inputs, a .npy file.")
  var input: String

  @Option(help: "Where to write the outputs, a .npy file; without it they are printed.")
  var output: String?

  func run() throws {
    if let output { try OutputPlace.requireFile(output, option: "--output") }
    BLASKernels.select()
    let network = try importing.load(model).model.network
    let array = try Failure.onBadInput { try NumpyArray.read(URL(fileURLWithPath: input)) }
    guard let batch = Self.batch(of: array.shape.extents, for: network.inputShape) else {
      throw Failure(
        status: .badInput,
        message: """
          \(input) has shape \(array.shape); the network takes \(network.inputShape), or \(network.inputCount) numbers in a \
          row, or several of them along a first axis
          """)
    }
    if let element = array.values.firstIndex(where: { !$0.isFinite }) {
      throw Failure(status: .badInput, message: "\(input): element \(element) is \(array.values[element])")
    }
    let outputs = network.outputs(array.values, batch: batch)
    guard let output else {
      for start in stride(from: 0, to: outputs.count, by: network.outputCount) {
        Output.line(outputs[start..<start + network.outputCount].map { "\($0)" }.joined(separator: " "))
      }
      return
    }
    try Failure.onBadInput {
      // One input keeps the network's own shape; several get a leading axis.
      let extents = network.outputShape.extents
      let shape = try Shape(
        batch == 1 ? extents : [batch] + (extents.first == 1 ? Array(extents.dropFirst()) : extents))
      try NumpyArray.write(Tensor(shape: shape, values: outputs), to: URL(fileURLWithPath: output))
    }
  }

  /// How many inputs an array holds: the network's own shape, or all its elements in a row, once or along a first
  /// axis; axes of extent 1 aside. Nil if it is none of these.
  private static func batch(of extents: [Int], for shape: Shape) -> Int? {
    let found = extents.filter { $0 != 1 }
    let wanted = shape.extents.filter { $0 != 1 }
    let flat = shape.count == 1 ? [] : [shape.count]
    if found == wanted || found == flat { return 1 }
    let rest = Array(found.dropFirst())
    return rest == wanted || rest == flat ? found.first : nil
  }
}
