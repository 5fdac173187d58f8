/// Why a `.png` file cannot be used.
public enum PNGError: Error, Equatable, Sendable, CustomStringConvertible {
  case notPNG(file: String)
  case damaged(file: String, reason: String)
  /// A kind of picture that has no plain bytes of grey or of red, green and blue.
  case unsupported(file: String, kind: String)
  case tooLarge(file: String, width: Int, height: Int, limit: Int)

  public var description: String {
    switch self {
    case .notPNG(let file): "\(file) is no PNG file: it does not start as one"
    case .damaged(let file, let reason): "\(file) is damaged: \(reason)"
    case .unsupported(let file, let kind):
      "\(file) has \(kind); grey and RGB of 8 bits are read: convert it, as by `convert IN.png -depth 8 png24:OUT.png`"
    case .tooLarge(let file, let width, let height, let limit):
      "\(file) has \(width)x\(height) pixels; at most \(limit) are accepted"
    }
  }
}
