import Foundation
import TestSupport
import Tensors
import Testing

@testable import Datasets

@Suite("NumPy arrays")
struct NumpyArrayTests {
  /// A `.npy` file with the given dictionary, its elements following.
  func file(_ dictionary: String, _ elements: [UInt8], version: UInt8 = 1) -> Data {
    let text = Array((dictionary + "\n").utf8)
    let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return Data([0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + elements)
  }

  func header(_ type: String, _ shape: String, order: String = "False") -> String {
    "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }"
  }

  func decode(_ data: Data) throws(NumpyError) -> Tensor<Double> {
    try NumpyArray.decode(data, file: "x.npy")
  }

  @Test("The bytes that numpy.save writes for a 1x3 array of <f4")
  func fromNumPy() throws {
    let data = file(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }"
        + String(repeating: " ", count: 58), [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0, 0xCD, 0xCC, 0xCC, 0x3D])
    let tensor = try decode(data)
    #expect(tensor.shape.extents == [1, 3])
    #expect(tensor.values == [1.5, -2, Double(Float(0.1))])
    // The same header, byte for byte, comes out.
    #expect(try NumpyArray.encode(tensor, precision: .single, file: "x.npy") == data)
  }

  @Test(
    arguments: [
      ("<f8", [0, 0, 0, 0, 0, 0, 0xF8, 0xBF], -1.5), ("|u1", [200], 200), ("|i1", [200], -56),
      ("<i4", [0xFE, 0xFF, 0xFF, 0xFF], -2), ("<i8", [0, 0, 0, 0, 0, 0, 0x20, 0], 0x1p53),
    ] as [(String, [UInt8], Double)])
  func elementTypes(type: String, bytes: [UInt8], value: Double) throws {
    for version: UInt8 in [1, 2] {
      let scalar = try decode(file(header(type, "()"), bytes, version: version))
      #expect(scalar.shape.rank == 0 && scalar.values == [value])
      let vector = try decode(file(header(type, "(2,)"), bytes + bytes, version: version))
      #expect(vector.shape.extents == [2] && vector.values == [value, value])
    }
  }

  @Test("Keys in any order, either quotes, spaces anywhere")
  func looseHeader() throws {
    let text = #"  { "shape" : ( 1 ,2 ) ,"fortran_order":False, 'descr': "|u1"}   "#
    #expect(try decode(file(text, [3, 4])).values == [3, 4])
  }

  @Test(arguments: [NumpyArray.Precision.single, .double])
  func roundTrip(precision: NumpyArray.Precision) throws {
    var stream = RandomStream(seed: 4, purpose: "npy")
    let special: [Double] = [0, -0.0, .infinity, -.infinity, 0x1p-149]
    for extents in [[], [1], [7], [2, 3], [1, 3, 4, 5]] {
      let shape = try Shape(extents)
      let values = (0..<shape.count).map { $0 < special.count ? special[$0] : Double(Float(stream.uniform(-9, 9))) }
      let tensor = Tensor(shape: shape, values: values)
      try withTemporaryFolder { folder in
        let file = folder.appendingPathComponent("x.npy")
        try Data("older".utf8).write(to: file)
        try NumpyArray.write(tensor, to: file, precision: precision)
        #expect(try NumpyArray.read(file) == tensor)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x.npy"])
      }
    }
  }

  @Test("Elements start at a multiple of 64 bytes")
  func alignment() throws {
    for rank in 0..<40 {
      let tensor = Tensor(shape: try Shape([Int](repeating: 1, count: rank)), values: [1.0])
      let data = try NumpyArray.encode(tensor, precision: .double, file: "x.npy")
      #expect(data.count % 64 == 8)
      #expect(try decode(data) == tensor)
    }
  }

  @Test func refusedArrays() {
    #expect(throws: NumpyError.fortranOrder(file: "x.npy")) {
      try decode(file(header("<f4", "(1,)", order: "True"), [0, 0, 0, 0]))
    }
    for type in [">f4", "<f2", "<c8", "|b1", "|O", "<U3", "<u4", ""] {
      #expect(throws: NumpyError.elementType(file: "x.npy", descriptor: type)) {
        try decode(file(header(type, "(1,)"), [0, 0, 0, 0]))
      }
    }
    #expect(throws: NumpyError.elementType(file: "x.npy", descriptor: "[…]")) {
      try decode(file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", [0, 0, 0, 0]))
    }
    #expect(throws: NumpyError.length(file: "x.npy", shape: [2], expected: 8, found: 7)) {
      try decode(file(header("<f4", "(2,)"), [UInt8](repeating: 0, count: 7)))
    }
    #expect(throws: NumpyError.length(file: "x.npy", shape: [1], expected: 4, found: 5)) {
      try decode(file(header("<f4", "(1,)"), [UInt8](repeating: 0, count: 5)))
    }
    let odd = "\((1 << 53) + 1)"
    #expect(throws: NumpyError.notRepresentable(file: "x.npy", index: 0, value: odd)) {
      try decode(file(header("<i8", "(1,)"), [1, 0, 0, 0, 0, 0, 0x20, 0]))
    }
  }

  @Test(
    "Shapes that are no arrays of ours are refused",
    arguments: ["(0,)", "(2, 0)", "(4294967296, 4294967296)", "(9223372036854775807, 3)", "(99999999999999999999,)"])
  func refusedShapes(shape: String) {
    #expect {
      try decode(file(header("<f4", shape), [0, 0, 0, 0]))
    } throws: { error in
      if case NumpyError.shape = error { true } else { false }
    }
  }

  @Test(
    "Damaged headers are refused",
    arguments: [
      "", "{", "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }", "{'descr': '<f4, 'fortran_order': False}",
      "{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': 1, }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } 7", "{'descr': '<f4",
      "{'descr': 'ä', 'fortran_order': False, 'shape': (1,), }",
    ])
  func damagedHeaders(text: String) {
    #expect {
      try decode(file(text, [0, 0, 0, 0]))
    } throws: { error in
      if case NumpyError.header = error { true } else { false }
    }
  }

  @Test("A file that ends early is refused wherever it ends")
  func truncated() throws {
    let whole = file(header("<f4", "(1,)"), [0, 0, 0, 0], version: 2)
    for length in 0..<whole.count {
      #expect(throws: NumpyError.self) { try decode(whole.prefix(length)) }
    }
    #expect(throws: NumpyError.notNumpy(file: "x.npy")) { try decode(Data("PK\u{3}\u{4}".utf8)) }
    #expect(throws: NumpyError.version(file: "x.npy", major: 3, minor: 0)) {
      try decode(file(header("<f4", "(1,)"), [0, 0, 0, 0], version: 3))
    }
  }

  @Test func filesThatCannotBeUsed() throws {
    let nowhere = URL(fileURLWithPath: "/nowhere/x.npy")
    let read = #expect(throws: NumpyError.self) { try NumpyArray.read(nowhere) }
    #expect(read?.description.contains("/nowhere/x.npy") == true)
    let tensor = Tensor(shape: Shape(vector: 2), values: [1, 1e300])
    let written = #expect(throws: NumpyError.self) { try NumpyArray.write(tensor, to: nowhere) }
    #expect(written?.description.contains("/nowhere/x.npy") == true)
    #expect(throws: NumpyError.overflow(file: "/nowhere/x.npy", index: 1, value: 1e300)) {
      try NumpyArray.write(tensor, to: nowhere, precision: .single)
    }
  }

  @Test(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
  func referenceFiles() throws {
    let tensor = try NumpyArray.read(SharedData.url("onnx-zoo/dnnv_conv_small_point.s0.in0.npy"))
    #expect(tensor.shape.extents == [1, 1, 28, 28])
    #expect(tensor.values.allSatisfy { $0.isFinite })
  }
}
