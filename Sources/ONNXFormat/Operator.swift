/// One node of a file's graph, with typed access to what it was given.
struct Operator {
  /// The node's name, or a stand-in such as `Conv node 3`.
  let name: String
  /// The operator: `Conv`; with its domain where that is not the standard one.
  let type: String
  /// The tensors it reads, in order; empty names are inputs left out.
  let inputs: [String]
  /// The tensors it writes, in order.
  let outputs: [String]
  private var attributes: [String: Onnx_AttributeProto]

  init(_ node: Onnx_NodeProto, position: Int) {
    let domain = node.domain == "ai.onnx" ? "" : node.domain
    type = (domain.isEmpty ? node.opType : "\(domain)::\(node.opType)").printable
    name = node.name.isEmpty ? "\(type) node \(position)" : node.name.printable
    inputs = node.input
    outputs = node.output
    attributes = Dictionary(node.attribute.map { ($0.name, $0) }) { first, _ in first }
  }

  /// Lets go of what the attributes hold.
  mutating func dropAttributes() { attributes = [:] }

  /// Whether the file gives the attribute.
  func has(_ attribute: String) -> Bool { attributes[attribute] != nil }

  /// The attributes the node has.
  var attributeNames: [String] { attributes.keys.sorted() }

  func malformed(_ reason: String) -> Fault { .malformed(place: name, reason: reason) }

  func integer(_ attribute: String, default value: Int) throws(Fault) -> Int {
    guard let found = try attributeValue(attribute, .int, "an int", given: \.hasI) else { return value }
    return Int(found.i)
  }

  func number(_ attribute: String, default value: Float) throws(Fault) -> Double {
    let found = try attributeValue(attribute, .float, "a float", given: \.hasF)
    let number = Double(found?.f ?? value)
    guard number.isFinite else { throw malformed("\(attribute) is \(number)") }
    return number
  }

  func integers(_ attribute: String) throws(Fault) -> [Int]? {
    // An empty list is stored as nothing at all.
    try attributeValue(attribute, .ints, "a list of ints", given: { !$0.ints.isEmpty || $0.type == .ints })?
      .ints.map { Int($0) }
  }

  func numbers(_ attribute: String) throws(Fault) -> [Double]? {
    try attributeValue(attribute, .floats, "a list of floats", given: { !$0.floats.isEmpty || $0.type == .floats })?
      .floats.map { Double($0) }
  }

  func text(_ attribute: String, default value: String) throws(Fault) -> String {
    guard let found = try attributeValue(attribute, .string, "a string", given: \.hasS) else { return value }
    return String(decoding: found.s, as: UTF8.self)
  }

  func tensor(_ attribute: String) throws(Fault) -> Onnx_TensorProto? {
    try attributeValue(attribute, .tensor, "a tensor", given: \.hasT)?.t
  }

  /// The attribute if it is there and of the right type; files older than IR version 2 state no type.
  private func attributeValue(
    _ name: String, _ type: Onnx_AttributeProto.AttributeType, _ article: String,
    given: (Onnx_AttributeProto) -> Bool
  ) throws(Fault) -> Onnx_AttributeProto? {
    guard let found = attributes[name] else { return nil }
    guard found.type == type || (found.type == .undefined && given(found)) else {
      throw malformed("\(name) must be \(article)")
    }
    return found
  }
}
