import Foundation
import Studies

/// What the page draws of single samples: the image, the worst input found, and the change between them.
///
/// Two bytes for each element: a page with the pictures of a whole test set would be too much for a browser, so that the
/// samples come first whose brackets are open, and then those whose margins are largest.
enum SamplePictures {
  /// How many samples have pictures at most, and how many bytes they may have together.
  static let most = 400
  private static let mostBytes = 8_000_000

  /// The pictures of some of the samples, as JSON: an object from index to an array of channels, height, width, and the
  /// bytes of image and witness in Base64.
  ///
  /// - Parameter records: the samples, with witnesses and images.
  static func json(_ records: [SampleRecord]) -> (text: String, count: Int) {
    var entries: [String] = []
    var bytes = 0
    for record in chosen(records) {
      guard let image = record.image, let witness = image.drawnAlike(record.witness) else { continue }
      bytes += 2 * image.bytes.count
      guard bytes <= mostBytes else { break }
      let drawn = [image, witness].map { "\"\(Data($0.bytes).base64EncodedString())\"" }.joined(separator: ",")
      entries.append("\"\(record.index)\":[\(image.channels),\(image.height),\(image.width),\(drawn)]")
    }
    return ("{" + entries.joined(separator: ",") + "}", entries.count)
  }

  private static func chosen(_ records: [SampleRecord]) -> ArraySlice<SampleRecord> {
    records.sorted { a, b in
      if a.status != b.status { return a.status == .bracket }
      // What is no number comes first as well; equal ones keep their order.
      let (first, second) = (a.upper.isNaN ? .infinity : a.upper, b.upper.isNaN ? .infinity : b.upper)
      return first == second ? a.index < b.index : first > second
    }.prefix(most)
  }
}
