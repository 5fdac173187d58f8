/// Methods that an option names, with commas between them.
enum NameList {
  /// The methods in the order in which they are named, each once; capitals do not matter.
  ///
  /// - Parameter noun: what such a method is called in messages: "estimate", "method".
  static func parse<Method>(_ text: String, option: String, noun: String) throws -> [Method]
  where Method: RawRepresentable<String> & CaseIterable & Equatable {
    var chosen: [Method] = []
    for name in text.split(separator: ",") {
      guard let method = Method.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else {
        let known = Method.allCases.map(\.rawValue).joined(separator: ", ")
        throw Failure(status: .badInput, message: "\(option): there is no \(noun) \(name); known are \(known)")
      }
      if !chosen.contains(method) { chosen.append(method) }
    }
    guard !chosen.isEmpty else { throw Failure(status: .badInput, message: "\(option) names no \(noun)") }
    return chosen
  }

  /// All of them, as the option takes them.
  static func all<Method: RawRepresentable<String> & CaseIterable>(_: Method.Type) -> String {
    text(Array(Method.allCases))
  }

  /// Some of them, as the option takes them.
  static func text(_ methods: [some RawRepresentable<String>]) -> String {
    methods.map(\.rawValue).joined(separator: ",")
  }
}
