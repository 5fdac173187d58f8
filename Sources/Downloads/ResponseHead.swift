/// What stands above the body of a server's answer: its status, and headers by their names in lower case.
struct ResponseHead: Equatable {
  let status: Int
  private let headers: [String: String]

  /// Reads lines such as `HTTP/1.1 200 OK` and `Content-Length: 5`; nil if the first is no status.
  init?(_ lines: [Substring]) {
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else { return nil }
    self.status = status
    let pairs = lines.dropFirst().compactMap { line in
      line.firstIndex(of: ":").map { colon in
        (line[..<colon].lowercased(), line[line.index(after: colon)...].trimming(while: \.isWhitespace))
      }
    }
    headers = Dictionary(pairs) { $1 }
  }

  subscript(name: String) -> String? { headers[name] }

  /// The first number of `Content-Range: bytes 100-199/200`.
  var startOfRange: Int? {
    self["content-range"]?.split(separator: " ").last?.split(separator: "-").first.flatMap { Int($0) }
  }
}

extension Substring {
  fileprivate func trimming(while isOuter: (Character) -> Bool) -> String {
    var rest = self
    while let first = rest.first, isOuter(first) { rest.removeFirst() }
    while let last = rest.last, isOuter(last) { rest.removeLast() }
    return String(rest)
  }
}
