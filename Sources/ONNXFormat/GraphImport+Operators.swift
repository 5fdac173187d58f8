extension GraphImport {
  /// How many inputs each supported operator takes.
  static let inputCounts: [String: ClosedRange<Int>] = [
    "Abs": 1...1, "Add": 2...2, "BatchNormalization": 5...5, "Cast": 1...1, "Clip": 1...3, "Concat": 1...1024,
    "Constant": 0...0,
    "Conv": 2...3, "Div": 2...2, "Dropout": 1...3, "Flatten": 1...1, "Gather": 2...2, "Gemm": 2...3,
    "HardSigmoid": 1...1, "Identity": 1...1, "LeakyRelu": 1...1, "LogSoftmax": 1...1, "MatMul": 2...2, "Mul": 2...2,
    "Neg": 1...1, "PRelu": 2...2, "Relu": 1...1, "Sigmoid": 1...1, "Softmax": 1...1, "Tanh": 1...1, "Reshape": 2...2,
    "Shape": 1...1, "Squeeze": 1...2, "Sub": 2...2, "Transpose": 1...1, "Unsqueeze": 1...2,
  ]

  /// The value of a node's first output.
  ///
  /// - Parameter inputs: as many as ``inputCounts`` says; those it requires are not nil.
  mutating func translate(_ node: Operator, _ inputs: [Value?]) throws(Fault) -> Value {
    func optional(_ position: Int) -> Value? { position < inputs.count ? inputs[position] : nil }
    func required(_ position: Int) throws(Fault) -> Value {
      guard let value = optional(position) else { throw node.malformed("input \(position) is left out") }
      return value
    }
    switch node.type {
    case "Constant":
      return try constant(node)
    case "Add":
      return try arithmetic(.add, try required(0), try required(1), node)
    case "Sub":
      return try arithmetic(.subtract, try required(0), try required(1), node)
    case "Mul":
      return try arithmetic(.multiply, try required(0), try required(1), node)
    case "Div":
      return try arithmetic(.divide, try required(0), try required(1), node)
    case "Neg":
      let zero = Constant(extents: [], isInteger: try required(0).isIntegerConstant, values: [0])
      return try arithmetic(.subtract, .constant(zero), try required(0), node)
    case "Relu":
      return try relu(node, try required(0))
    case "LeakyRelu":
      let slope = try node.number("alpha", default: 0.01)
      return try leakyReLU(
        node, try required(0), slope: Constant(extents: [], isInteger: false, values: [slope]))
    case "PRelu":
      return try parametricReLU(node, try required(0), try required(1))
    case "Abs":
      return try absolute(node, try required(0))
    case "Clip":
      return try clip(node, try required(0), optional(1), optional(2))
    case "HardSigmoid":
      return try hardSigmoid(node, try required(0))
    case "Sigmoid":
      return try smooth(.sigmoid, node, try required(0))
    case "Tanh":
      return try smooth(.tanh, node, try required(0))
    case "Softmax", "LogSoftmax":
      let result = try softmax(node, try required(0))
      note("\(node.name): the final \(node.type) was left out; the outputs are the logits")
      return result
    case "Gemm":
      return try gemm(node, try required(0), try required(1), optional(2))
    case "MatMul":
      return try matrixProduct(node, try required(0), try required(1))
    case "Conv":
      return try convolution(node, try required(0), try required(1), optional(2))
    case "BatchNormalization":
      return try batchNormalization(node, inputs.compactMap { $0 })
    case "Dropout":
      if case .constant(let training)? = optional(2), training.values.contains(where: { $0 != 0 }) {
        throw .unsupported(reason: "training mode")
      }
      note("\(node.name): dropout does nothing at inference and was left out")
      return try required(0)
    case "Identity":
      return try required(0)
    case "Cast":
      return try cast(node, try required(0))
    case "Shape":
      guard !node.has("start"), !node.has("end") else { throw .unsupported(reason: "a part of the shape") }
      let extents = try required(0).extents
      guard !extents.isEmpty else { throw .unsupported(reason: "the shape of a scalar") }
      return .constant(Constant(extents: [extents.count], isInteger: true, values: extents.map { Double($0) }))
    case "Concat":
      return try concatenation(node, inputs.compactMap { $0 })
    case "Flatten":
      return try rearrange(try required(0), flattening(node, try required(0).extents), node)
    case "Reshape":
      return try rearrange(try required(0), reshaping(node, try required(0).extents, try required(1)), node)
    case "Squeeze":
      return try rearrange(try required(0), squeezing(node, try required(0).extents, optional(1)), node)
    case "Unsqueeze":
      return try rearrange(try required(0), unsqueezing(node, try required(0).extents, optional(1)), node)
    case "Transpose":
      return try rearrange(try required(0), transposing(node, try required(0).extents), node)
    case "Gather":
      return try rearrange(try required(0), gathering(node, try required(0).extents, try required(1)), node)
    default:
      throw .unsupported(reason: "operator \(node.type) is not supported")
    }
  }

  private func constant(_ node: Operator) throws(Fault) -> Value {
    if let tensor = try node.tensor("value") {
      return .constant(try Constant(tensor, name: node.name, weights: weights))
    }
    func list(_ values: [Double], extents: [Int], isInteger: Bool) throws(Fault) -> Value {
      guard !values.isEmpty else { throw node.malformed("an empty list") }
      if let wrong = values.firstIndex(where: { !$0.isFinite || isInteger && $0.magnitude > 0x1p53 }) {
        throw .malformed(place: "\(node.name)[\(wrong)]", reason: "is \(values[wrong])")
      }
      return .constant(Constant(extents: extents, isInteger: isInteger, values: values))
    }
    if node.has("value_float") {
      return try list([try node.number("value_float", default: 0)], extents: [], isInteger: false)
    }
    if node.has("value_int") {
      return try list([Double(try node.integer("value_int", default: 0))], extents: [], isInteger: true)
    }
    if let values = try node.numbers("value_floats") {
      return try list(values, extents: [values.count], isInteger: false)
    }
    if let values = try node.integers("value_ints") {
      return try list(values.map { Double($0) }, extents: [values.count], isInteger: true)
    }
    guard let form = node.attributeNames.first else { throw node.malformed("has no value") }
    throw .unsupported(reason: "attribute \(form.printable)")
  }

  /// A conversion: exact for constants, left out for variables, whose rounding at run time is not modelled.
  private mutating func cast(_ node: Operator, _ value: Value) throws(Fault) -> Value {
    let code = try node.integer("to", default: 0)
    guard let type = Int32(exactly: code).flatMap(TensorType.init(rawValue:)), type != .undefined else {
      throw node.malformed("unknown element type \(code)")
    }
    switch value {
    case .variable:
      guard type.isFloatingPoint else { throw .unsupported(reason: "of a variable to \(type)") }
      note("\(node.name): conversion to \(type) was left out")
      return value
    case .constant(let constant):
      guard constant.errors.isEmpty else { throw .unsupported(reason: "of a computed constant") }
      let convert: (Double) -> Double
      switch type {
      case .double: convert = { $0 }
      case .float: convert = { Double(Float($0)) }
      case .float16: convert = { Double(Float16($0)) }
      case .int64, .int32: convert = { $0.rounded(.towardZero) }
      default: throw .unsupported(reason: "to \(type)")
      }
      let values = constant.values.map(convert)
      let limit = type == .int32 ? 0x1p31 - 1 : type == .int64 ? 0x1p53 : Double.greatestFiniteMagnitude
      guard values.allSatisfy({ $0.magnitude <= limit }) else { throw node.malformed("a value does not fit \(type)") }
      return .constant(
        Constant(extents: constant.extents, isInteger: !type.isFloatingPoint, values: values))
    }
  }
}

extension GraphImport.Value {
  var isIntegerConstant: Bool {
    guard case .constant(let constant) = self else { return false }
    return constant.isInteger
  }
}
