/// In files: a word, or a mapping of one word to its settings, `dense: 100` or `conv: {channels: 16, kernel: 5, stride: 2,
/// padding: 2}`; stride 1 and padding 0 may be left out and are always written.
extension LayerDescription: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
    init(_ kind: Kind) { stringValue = kind.rawValue }
  }

  private enum ConvolutionKeys: String, CaseIterable { case channels, kernel, stride, padding }

  /// - Throws: `DecodingError.dataCorrupted` with the sentence that says what is wrong.
  public init(from decoder: any Decoder) throws {
    func refuse(_ reason: String) -> DecodingError {
      .dataCorrupted(DecodingError.Context(codingPath: decoder.codingPath, debugDescription: reason))
    }
    func kind(_ word: String) throws -> Kind {
      if let kind = Kind(rawValue: word) { return kind }
      let known = Kind.allCases.map(\.rawValue)
      throw refuse("there is no layer \(word); did you mean \(nearest(to: word, in: known))?")
    }
    if let word = try? decoder.singleValueContainer().decode(String.self) {
      switch try kind(word) {
      case .output: self = .output
      case .batchNorm: self = .batchNorm
      case .relu: self = .relu
      case .flatten: self = .flatten
      case .convolution, .dense: throw refuse("\(word) needs its sizes: \(try kind(word).form)")
      }
      return
    }
    guard let settings = try? decoder.container(keyedBy: Key.self), let key = settings.allKeys.first,
      settings.allKeys.count == 1
    else { throw refuse("expected one layer, such as relu or \(Kind.convolution.form)") }
    func whole(_ value: Int?, _ name: String) throws -> Int {
      guard let value else { throw refuse("\(name) must be a whole number") }
      return value
    }
    switch try kind(key.stringValue) {
    case .dense:
      self = .dense(try whole(try? settings.decode(Int.self, forKey: key), "dense"))
    case .convolution:
      guard let values = try? settings.nestedContainer(keyedBy: Key.self, forKey: key) else {
        throw refuse("conv needs its sizes: \(Kind.convolution.form)")
      }
      let known = ConvolutionKeys.allCases.map(\.rawValue)
      for key in values.allKeys.map(\.stringValue).sorted() where !known.contains(key) {
        throw refuse("conv has no \(key); did you mean \(nearest(to: key, in: known))?")
      }
      func value(_ name: ConvolutionKeys, default: Int? = nil) throws -> Int {
        let key = Key(stringValue: name.rawValue)
        guard values.contains(key) else {
          if let `default` { return `default` }
          throw refuse("conv needs \(name.rawValue)")
        }
        return try whole(try? values.decode(Int.self, forKey: key), "\(name.rawValue) of conv")
      }
      self = .convolution(
        Convolution(
          kernel: try value(.kernel), stride: try value(.stride, default: 1), padding: try value(.padding, default: 0)),
        channels: try value(.channels))
    case .output, .batchNorm, .relu, .flatten:
      throw refuse("\(key.stringValue) has no settings: write it as a word")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .convolution(let convolution, let channels):
      var layer = encoder.container(keyedBy: Key.self)
      var values = layer.nestedContainer(keyedBy: Key.self, forKey: Key(kind))
      for (name, value) in [
        (ConvolutionKeys.channels, channels), (.kernel, convolution.kernel), (.stride, convolution.stride),
        (.padding, convolution.padding),
      ] {
        try values.encode(value, forKey: Key(stringValue: name.rawValue))
      }
    case .dense(let outputs):
      var layer = encoder.container(keyedBy: Key.self)
      try layer.encode(outputs, forKey: Key(kind))
    case .output, .batchNorm, .relu, .flatten:
      var layer = encoder.singleValueContainer()
      try layer.encode(kind.rawValue)
    }
  }
}
