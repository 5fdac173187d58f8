import Foundation
import Tensors

@testable import Datasets

/// NumPy's `.npy` files: what is read can be written, and reads the same again.
struct NumpyFuzz: FuzzedReader {
  let name = "npy"
  let words =
    ["'descr'", "'fortran_order'", "'shape'", "True", "False", "(1,)", "()", "(2, 3)", "\u{1}\u{0}", "\u{2}\u{0}"]
    + ["<f4", "<f8", "|u1", "|i1", "<i1", "<i4", "<i8"].map { "'\($0)'" }

  func seeds() throws -> [Data] {
    var seeds: [Data] = []
    for extents in [[], [1], [2, 3]] {
      let shape = try Shape(extents)
      let tensor = Tensor(shape: shape, values: (0..<shape.count).map { Double($0) - 1.5 })
      for precision in [NumpyArray.Precision.single, .double] {
        seeds.append(try NumpyArray.encode(tensor, precision: precision, file: ""))
      }
    }
    for descriptor in ["|u1", "|i1", "<i4", "<i8", ">f4"] {
      let header = NumpyHeader(descriptor: descriptor, isFortranOrder: false, extents: [2]).encoded()
      let width = descriptor.last?.wholeNumberValue ?? 1
      seeds.append(Data(header + [UInt8](repeating: 1, count: 2 * width)))
    }
    return seeds
  }

  func read(_ bytes: UnsafeRawBufferPointer) {
    let tensor: Tensor<Double>
    do throws(NumpyError) {
      tensor = try NumpyArray.decode(Data(bytes), file: "x.npy")
    } catch {
      precondition(error.description.contains("x.npy"), "an error that does not name the file")
      return
    }
    // One byte is the smallest element.
    precondition(tensor.values.count <= bytes.count, "more elements than bytes")
    do throws(NumpyError) {
      let written = try NumpyArray.encode(tensor, precision: .double, file: "x.npy")
      let again = try NumpyArray.decode(written, file: "x.npy")
      precondition(again.shape == tensor.shape, "shape \(tensor.shape) became \(again.shape)")
      // Bits, for NaN differs from itself.
      precondition(again.values.map(\.bitPattern) == tensor.values.map(\.bitPattern), "other values were read again")
    } catch {
      preconditionFailure("an array that was read cannot be written and read again: \(error)")
    }
  }
}
