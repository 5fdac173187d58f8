/// In files, a family's name or a list of layers.
extension Architecture: Codable {
  public init(from decoder: any Decoder) throws {
    func refuse(_ reason: String) -> DecodingError {
      .dataCorrupted(DecodingError.Context(codingPath: decoder.codingPath, debugDescription: reason))
    }
    if let word = try? decoder.singleValueContainer().decode(String.self) {
      guard let family = Family(rawValue: word) else {
        let known = Family.allCases.map(\.rawValue)
        throw refuse("there is no architecture \(word); did you mean \(nearest(to: word, in: known))?")
      }
      self = .family(family)
      return
    }
    guard var items = try? decoder.unkeyedContainer() else {
      throw refuse("expected a name, such as cnn3, or a list of layers")
    }
    var layers: [LayerDescription] = []
    while !items.isAtEnd {
      do {
        layers.append(try items.decode(LayerDescription.self))
      } catch DecodingError.dataCorrupted(let context) {
        throw refuse("layer \(layers.count + 1): \(context.debugDescription)")
      }
    }
    self = .layers(layers)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .family(let family): try container.encode(family.rawValue)
    case .layers(let layers): try container.encode(layers)
    }
  }
}
