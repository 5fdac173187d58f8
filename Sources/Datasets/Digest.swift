import CCrypto
import Foundation
import Gzip

/// Fingerprints of models and data, by which results name what they were computed from.
public enum Digest {
  /// The SHA-256 of some bytes, as 64 hexadecimal digits.
  public static func sha256(of bytes: some ContiguousBytes) -> String {
    let hasher = SHA256Hasher()
    hasher.update(with: bytes)
    return hasher.finish()
  }

  /// The SHA-256 of several files' bytes, one after the other, and of a mark behind them, as 64 hexadecimal digits; and
  /// how many bytes the files have. They are read piece by piece.
  ///
  /// - Throws: ``DatasetError/file(_:)``.
  public static func sha256(
    ofFiles files: [URL], mark: String = ""
  ) throws(DatasetError) -> (sha256: String, size: Int) {
    let hasher = SHA256Hasher()
    var size = 0
    for file in files {
      do {
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
          hasher.update(with: piece)
          size += piece.count
        }
      } catch {
        throw .file(.unreadable(file: file.path, reason: error.localizedDescription))
      }
    }
    hasher.update(with: Data(mark.utf8))
    return (hasher.finish(), size)
  }

  /// The SHA-256 of what a file holds, decompressed where it is gzip, and how many bytes that is.
  ///
  /// - Parameter limit: the most bytes that are accepted.
  /// - Throws: ``DatasetError/file(_:)``.
  public static func contents(
    ofFile file: URL, limit: Int
  ) throws(DatasetError) -> (sha256: String, size: Int) {
    let hasher = SHA256Hasher()
    var size = 0
    do throws(GzipError) {
      let reader = try GzipReader(file.path)
      while size <= limit {
        let piece = try reader.read(upTo: 1 << 20)
        if piece.isEmpty { return (hasher.finish(), size) }
        hasher.update(with: piece)
        size += piece.count
      }
    } catch {
      throw .file(error)
    }
    throw .file(.tooLarge(file: file.path, limit: limit))
  }
}

/// A SHA-256 under way: owns OpenSSL's state for it.
struct SHA256Hasher: ~Copyable {
  private let context: OpaquePointer

  init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("OpenSSL's libcrypto offers no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Takes in more bytes.
  borrowing func update(with bytes: some ContiguousBytes) {
    bytes.withUnsafeBytes { buffer in
      let status = EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
      precondition(status == 1, "OpenSSL refused \(buffer.count) bytes for SHA-256")
    }
  }

  /// Takes in whole numbers, eight bytes each, most significant first.
  borrowing func update(withNumbers numbers: [Int]) {
    for number in numbers {
      withUnsafeBytes(of: Int64(number).bigEndian) { update(with: Array($0)) }
    }
  }

  /// The digest of all bytes so far, as 64 hexadecimal digits.
  consuming func finish() -> String {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    let status = EVP_DigestFinal_ex(context, &digest, &length)
    precondition(status == 1, "OpenSSL did not finish a SHA-256")
    let digits = Array("0123456789abcdef")
    return String(digest.prefix(Int(length)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
