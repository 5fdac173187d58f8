import Datasets
import Foundation
import GRDB
import Tensors

/// A sample as people see it, for reports: bytes. What was analysed are the data set's own numbers.
public struct StoredImage: Codable, Hashable, Sendable {
  /// One channel is grey, three are red, green and blue.
  public let channels, height, width: Int
  /// The values that are drawn as 0 and as 255.
  public let low, high: Double
  /// `[channels, height, width]`.
  public let bytes: [UInt8]

  /// The image that is one input.
  ///
  /// - Parameters:
  ///   - values: `[channels, height, width]`; what lies outside the range is drawn as its end.
  ///   - shape: their extents.
  ///   - range: what black and white stand for.
  /// - Returns: nil where inputs are no images of one or three channels.
  public init?(_ values: [Double], shape: Shape, range: ClosedRange<Double>) {
    let extents = shape.extents
    guard extents.count == 3, extents[0] == 1 || extents[0] == 3, values.count == shape.count else { return nil }
    self.init(
      values, channels: extents[0], height: extents[1], width: extents[2], low: range.lowerBound,
      high: range.upperBound)
  }

  /// Another input of the same kind, such as a witness, drawn alike; nil if it has another size.
  public func drawnAlike(_ values: [Double]) -> StoredImage? {
    guard values.count == bytes.count else { return nil }
    return StoredImage(values, channels: channels, height: height, width: width, low: low, high: high)
  }

  private init?(_ values: [Double], channels: Int, height: Int, width: Int, low: Double, high: Double) {
    guard high > low, values.allSatisfy(\.isFinite) else { return nil }
    (self.channels, self.height, self.width) = (channels, height, width)
    (self.low, self.high) = (low, high)
    bytes = values.map { UInt8(min(max(($0 - low) / (high - low), 0), 1) * 255 + 0.5) }
  }

  private init(channels: Int, height: Int, width: Int, low: Double, high: Double, bytes: [UInt8]) {
    (self.channels, self.height, self.width) = (channels, height, width)
    (self.low, self.high) = (low, high)
    self.bytes = bytes
  }
}

extension StoredImage {
  /// The table of the samples' images.
  static let table = """
    CREATE TABLE image (
      sample INTEGER PRIMARY KEY REFERENCES sample (position),
      channels INTEGER NOT NULL,
      height INTEGER NOT NULL,
      width INTEGER NOT NULL,
      low REAL NOT NULL,
      high REAL NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT;
    """

  /// Writes a sample's image.
  func insert(_ db: Database, sample: Int) throws {
    try db.cachedStatement(
      sql: "INSERT INTO image (sample, channels, height, width, low, high, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)"
    ).execute(arguments: [sample, channels, height, width, low, high, Data(bytes)])
  }

  /// Reads all images by their samples; none where the file's format has no place for them.
  static func readAll(_ db: Database, path: String) throws -> [Int: StoredImage] {
    guard try db.tableExists("image") else { return [:] }
    var images: [Int: StoredImage] = [:]
    let rows = try Row.fetchCursor(db, sql: "SELECT * FROM image")
    while let row = try rows.next() {
      let sample: Int = row["sample"]
      let (channels, height, width): (Int, Int, Int) = (row["channels"], row["height"], row["width"])
      let bytes: Data = row["bytes"]
      let (plane, isTooLarge) = height.multipliedReportingOverflow(by: width)
      guard !isTooLarge, channels == 1 || channels == 3, height > 0, width > 0, plane <= bytes.count,
        bytes.count == channels * plane
      else {
        throw StoreError.damaged(
          path: path,
          reason: "the image of sample \(sample) has \(bytes.count) bytes for \(channels)x\(height)x\(width)")
      }
      images[sample] = StoredImage(
        channels: channels, height: height, width: width, low: row["low"], high: row["high"], bytes: Array(bytes))
    }
    return images
  }
}
