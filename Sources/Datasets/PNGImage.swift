import CPNG

/// A PNG picture of 8 bits, grey or RGB.
///
/// The bytes are those of the file: nothing is converted, whatever the file says of gamma and colour spaces, as the
/// libraries from which networks learn do it.
/// - Source: *Portable Network Graphics (PNG) Specification*, W3C, second edition; libpng's simplified API.
struct PNGImage: Equatable {
  /// 1 for grey, 3 for red, green and blue.
  let channels: Int
  let height, width: Int
  /// Channel after channel, row after row.
  let pixels: [UInt8]

  /// The most pixels that are accepted.
  static let largestArea = 1 << 24

  /// The picture that the bytes of a file hold; `file` names it in errors.
  ///
  /// - Parameter extents: what the picture must have (channels, height, width), looked at before it is decompressed.
  /// - Throws: ``DatasetError``.
  init(_ bytes: [UInt8], file: String, extents: [Int]? = nil) throws(DatasetError) {
    let essence: Essence
    do throws(PNGError) { essence = try Essence(bytes, file: file) } catch { throw .png(error) }
    let found = [essence.channels, essence.height, essence.width]
    if let extents, extents != found { throw .wrongShape(file: file, expected: extents, found: found) }
    channels = essence.channels
    height = essence.height
    width = essence.width
    do throws(PNGError) {
      let samples = try Self.decompressed(essence, file: file)
      let area = height * width
      let channels = self.channels
      pixels =
        channels == 1
        ? samples
        : [UInt8](unsafeUninitializedCapacity: samples.count) { planes, initialised in
          for channel in 0..<channels {
            for position in 0..<area { planes[channel * area + position] = samples[position * channels + channel] }
          }
          initialised = samples.count
        }
    } catch {
      throw .png(error)
    }
  }

  /// The samples, pixel after pixel, by libpng.
  private static func decompressed(_ essence: Essence, file: String) throws(PNGError) -> [UInt8] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    var samples = [UInt8](repeating: 0, count: essence.channels * essence.height * essence.width)
    let isComplete = essence.stream.withUnsafeBytes { stream in
      guard png_image_begin_read_from_memory(&image, stream.baseAddress, stream.count) != 0 else { return false }
      image.format = essence.channels == 1 ? 0 : UInt32(PNG_FORMAT_FLAG_COLOR)
      return png_image_finish_read(&image, nil, &samples, Int32(essence.channels * essence.width), nil) != 0
    }
    guard isComplete else {
      let reason = withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      throw .damaged(file: file, reason: reason)
    }
    return samples
  }
}

/// The parts of a PNG file that the samples depend on, and what they say of them.
///
/// Everything else is left out before the decoder sees it: gamma and colour profiles, by which it would change the
/// bytes, and texts, which may be compressed and large.
private struct Essence {
  var channels = 0
  var height = 0
  var width = 0
  /// A PNG file of the header, the compressed samples and the end.
  var stream: [UInt8] = []

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  init(_ bytes: [UInt8], file: String) throws(PNGError) {
    guard bytes.starts(with: Self.signature) else { throw .notPNG(file: file) }
    func number(_ position: Int) -> Int { bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) } }
    stream = Self.signature
    var position = Self.signature.count
    var type = ""
    while type != "IEND" {
      guard position + 12 <= bytes.count, number(position) <= bytes.count - position - 12 else {
        throw .damaged(file: file, reason: "it breaks off at byte \(bytes.count)")
      }
      let end = position + 12 + number(position)
      type = String(decoding: bytes[position + 4..<position + 8], as: UTF8.self)
      guard (width == 0) == (type == "IHDR") else {
        throw .damaged(file: file, reason: "it does not have one header at its start")
      }
      switch type {
      case "IHDR":
        guard end - position == 12 + 13 else { throw .damaged(file: file, reason: "its header has another size") }
        try readHeader(bytes[position + 8..<end - 4], file: file)
      case "tRNS": throw .unsupported(file: file, kind: "a transparent colour")
      case "IDAT", "IEND": break
      default:
        position = end
        continue
      }
      stream.append(contentsOf: bytes[position..<end])
      position = end
    }
  }

  private mutating func readHeader(_ fields: ArraySlice<UInt8>, file: String) throws(PNGError) {
    let bytes = Array(fields)
    width = bytes[0..<4].reduce(0) { $0 << 8 | Int($1) }
    height = bytes[4..<8].reduce(0) { $0 << 8 | Int($1) }
    switch bytes[9] {
    case 0: channels = 1
    case 2: channels = 3
    case 3: throw .unsupported(file: file, kind: "a palette")
    case 4, 6: throw .unsupported(file: file, kind: "an alpha channel")
    default: throw .damaged(file: file, reason: "colour type \(bytes[9]) does not exist")
    }
    guard bytes[8] == 8 else { throw .unsupported(file: file, kind: "samples of \(bytes[8]) bits") }
    guard width > 0, height > 0 else { throw .damaged(file: file, reason: "it has no pixels") }
    // The product of two numbers below 2^32 need not fit.
    guard width <= PNGImage.largestArea / height else {
      throw .tooLarge(file: file, width: width, height: height, limit: PNGImage.largestArea)
    }
  }
}
