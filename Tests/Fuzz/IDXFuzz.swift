import CZlib
import Foundation

@testable import Datasets

/// MNIST's files, plain or gzip: the elements are as many as the header says.
struct IDXFuzz: FuzzedReader {
  let name = "idx"
  let words = ["\u{0}\u{0}\u{8}\u{1}", "\u{0}\u{0}\u{8}\u{3}", "\u{0}\u{0}\u{0}\u{2}"]

  /// The reader takes a path: this one leads to a file in memory, open for as long as the process lives.
  private static let descriptor: CInt = {
    var template = "/dev/shm/idx-XXXXXX".utf8CString.map { $0 }
    let descriptor = mkstemp(&template)
    precondition(descriptor >= 0 && unlink(&template) == 0, "no file can be made in /dev/shm")
    return descriptor
  }()
  private static let path = "/proc/self/fd/\(descriptor)"

  func seeds() throws -> [Data] {
    let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]
    let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2] + Array(0..<8)
    return [Data(labels), Data(images), Self.gzip(labels), Self.gzip(images)]
  }

  func read(_ bytes: UnsafeRawBufferPointer) {
    precondition(
      ftruncate(Self.descriptor, 0) == 0 && pwrite(Self.descriptor, bytes.baseAddress, bytes.count, 0) == bytes.count)
    // Images of 2x2 pixels take the same way as those of 28x28, and are reached sooner.
    for item in [[], [2, 2]] {
      do throws(DatasetError) {
        let reader = try IDXReader(URL(fileURLWithPath: Self.path), item: item)
        let expected = item.reduce(reader.count, *)
        let elements = try reader.elements()
        precondition(elements.count == expected, "\(elements.count) elements instead of \(expected)")
      } catch {
        precondition(error.description.contains(Self.path), "an error that does not name the file")
      }
    }
  }

  private static func gzip(_ bytes: [UInt8]) -> Data {
    precondition(ftruncate(descriptor, 0) == 0)
    let handle = gzopen(path, "wb")
    precondition(gzwrite(handle, bytes, UInt32(bytes.count)) == bytes.count && gzclose_w(handle) == Z_OK)
    var packed = [UInt8](repeating: 0, count: bytes.count + 100)
    let count = pread(descriptor, &packed, packed.count, 0)
    return Data(packed.prefix(count))
  }
}
