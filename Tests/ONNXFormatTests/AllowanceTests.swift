import Testing

@testable import ONNXFormat

/// Files of a few hundred bytes that ask for much more memory or time than that.
@Suite("Small files that ask for much")
struct AllowanceTests {
  private func refusal(_ model: OperatorTests.Model) throws -> String {
    try #require(#expect(throws: ONNXError.self) { try model.imported() }).description
  }

  @Test("A constant joined to itself again and again")
  func concatenation() throws {
    var model = OperatorTests.Model([1])
    var last = model.constant([1], [1])
    for _ in 0..<60 { last = model.node("Concat", [last, last], integers: ["axis": 0]) }
    model.node("Add", ["x", last])
    #expect(try refusal(model).hasSuffix("is too large"))
  }

  @Test("An input of two thousand million elements", arguments: ["Flatten", "Transpose", "Relu"])
  func input(operation: String) throws {
    var model = OperatorTests.Model([2, 1 << 15, (1 << 15) - 1])
    model.node(operation, ["x"])
    #expect(try refusal(model) == "test: input x: 2x32768x32767 is too large")
  }

  @Test("Product after product of constants")
  func products() throws {
    var model = OperatorTests.Model([256, 256])
    let column = model.constant([256, 1], [Float](repeating: 0, count: 256))
    let row = model.constant([1, 256], [Float](repeating: 0, count: 256))
    var last = model.node("Mul", [column, row])
    for _ in 0..<1000 { last = model.node("MatMul", [last, last]) }
    model.node("Add", ["x", last])
    #expect(try refusal(model).contains("far more numbers than the file holds"))
  }
}
