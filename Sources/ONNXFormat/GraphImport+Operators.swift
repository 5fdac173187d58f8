extension GraphImport {
  /// How many inputs each supported operator takes.
  static let inputCounts: [String: ClosedRange<Int>] = [
    "Abs": 1...1, "Add": 2...2, "AveragePool": 1...1, "BatchNormalization": 5...5, "Cast": 1...1, "Clip": 1...3,
    "Concat": 1...1024, "Constant": 0...0, "ConstantOfShape": 1...1, "Conv": 2...3, "ConvTranspose": 2...3,
    "Div": 2...2, "Dropout": 1...3, "Expand": 2...2, "Flatten": 1...1, "Gather": 2...2, "Gemm": 2...3,
    "GlobalAveragePool": 1...1, "GlobalMaxPool": 1...1, "HardSigmoid": 1...1, "Identity": 1...1, "LeakyRelu": 1...1,
    "LogSoftmax": 1...1, "MatMul": 2...2, "Max": 1...1024, "MaxPool": 1...1, "Mean": 1...1024, "Min": 1...1024,
    "Mul": 2...2, "Neg": 1...1, "PRelu": 2...2, "Pad": 1...4, "ReduceMax": 1...2, "ReduceMean": 1...2,
    "ReduceMin": 1...2, "ReduceProd": 1...2, "ReduceSum": 1...2, "Relu": 1...1, "Reshape": 2...2, "Shape": 1...1,
    "Sigmoid": 1...1, "Slice": 1...5, "Softmax": 1...1, "Split": 1...2, "Squeeze": 1...2, "Sub": 2...2,
    "Sum": 1...1024, "Tanh": 1...1, "Tile": 2...2, "Transpose": 1...1, "Unsqueeze": 1...2,
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
      return try shape(node, try required(0).extents)
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
    case "Slice":
      return try rearrange(try required(0), slicing(node, try required(0).extents, inputs), node)
    case "Pad":
      return try padding(node, try required(0), inputs)
    case "Expand":
      return try rearrange(try required(0), expanding(node, try required(0).extents, try required(1)), node)
    case "Tile":
      return try rearrange(try required(0), tiling(node, try required(0).extents, try required(1)), node)
    case "ConstantOfShape":
      return try constantOfShape(node, try required(0))
    case "ConvTranspose":
      return try transposedConvolution(node, try required(0), try required(1), optional(2))
    case "MaxPool":
      return try maxPool(node, try required(0))
    case "GlobalMaxPool":
      return try globalMaxPool(node, try required(0))
    case "AveragePool":
      return try averagePool(node, try required(0))
    case "GlobalAveragePool":
      return try globalAveragePool(node, try required(0))
    case "ReduceMax", "ReduceMin":
      return try extremeReduction(node, try required(0), optional(1), sign: node.type == "ReduceMax" ? 1 : -1)
    case "ReduceMean", "ReduceSum":
      return try linearReduction(node, try required(0), optional(1), isMean: node.type == "ReduceMean")
    case "ReduceProd":
      guard case .constant(let constant) = try required(0) else {
        throw .unsupported(reason: "product of non-constant elements")
      }
      return try constantReduction(node, constant, optional(1))
    case "Max", "Min":
      return try extreme(node, inputs.compactMap { $0 }, isMaximum: node.type == "Max")
    case "Mean", "Sum":
      return try sumOfTensors(node, inputs.compactMap { $0 }, isMean: node.type == "Mean")
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
      if let wrong = values.firstIndex(where: { !$0.isFinite }) {
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

  /// The extents from axis `start` to before axis `end`.
  private func shape(_ node: Operator, _ extents: [Int]) throws(Fault) -> Value {
    func bound(_ name: String, default value: Int) throws(Fault) -> Int {
      let given = try node.integer(name, default: value)
      return max(0, min(extents.count, given < 0 ? given + extents.count : given))
    }
    let (start, end) = (try bound("start", default: 0), try bound("end", default: extents.count))
    guard start < end else { throw .unsupported(reason: "an empty part of the shape \(extents.joined)") }
    return .constant(
      Constant(extents: [end - start], isInteger: true, values: extents[start..<end].map { Double($0) }))
  }

  /// One value in every place of a given shape.
  private mutating func constantOfShape(_ node: Operator, _ shape: Value) throws(Fault) -> Value {
    let extents = try integers(shape, "shape", node)
    guard extents.allSatisfy({ $0 > 0 }) else { throw node.malformed("the shape \(extents.joined) is empty") }
    try spend(try count(of: extents, for: node), for: node)
    let value = try node.tensor("value").map { tensor throws(Fault) in try Constant(tensor, name: node.name) }
    guard value == nil || value?.count == 1 else { throw node.malformed("has \(value?.count ?? 0) values") }
    return .constant(
      Constant(
        extents: extents, isInteger: value?.isInteger ?? false,
        values: [Double](repeating: value?.values[0] ?? 0, count: extents.reduce(1, *))))
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
      guard constant.errors.isEmpty, !constant.isRounded else {
        throw .unsupported(reason: constant.isRounded ? "of an integer beyond 2^53" : "of a computed constant")
      }
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
