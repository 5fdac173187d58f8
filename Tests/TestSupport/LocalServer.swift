import Foundation
import Synchronization

/// A little HTTP server on this machine, for tests of what fetches files: one connection at a time, no threads left
/// behind when it is gone.
public final class LocalServer: Sendable {
  /// What a client asked for.
  public struct Request: Sendable, Equatable {
    public let path: String
    /// The first byte wanted, where the client has some already.
    public let start: Int?
  }

  /// How the server answers.
  public enum Answer: Sendable {
    /// The bytes of a file, or those from the wanted one on.
    case file(Data)
    /// The same from a server that knows no ranges.
    case wholeFile(Data)
    /// Only so many bytes of what is announced, then the end.
    case brokenOff(Data, after: Int)
    /// A length is announced, and nothing comes until the client goes away.
    case silent(length: Int)
    /// Another address, at which the file is said to be.
    case redirect(to: String)
    /// A status and no file.
    case status(Int)
  }

  /// The address of the server's root.
  public let address: String
  private let listener: Int32
  private let seen = Mutex<[Request]>([])

  /// What was asked for so far.
  public var requests: [Request] { seen.withLock { $0 } }

  /// Starts a server on a free port.
  public init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener
    let isListening = withUnsafeMutablePointer(to: &place) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isListening else { throw NoServer(reason: String(cString: strerror(errno))) }
    address = "http://127.0.0.1:\(UInt16(bigEndian: place.sin_port))"
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else {
          // Not before nobody waits on it: its number may be another server's at once.
          close(descriptor)
          return
        }
        if let request = Self.request(from: connection) {
          self?.seen.withLock { $0.append(request) }
          Self.send(answer(request), to: request, on: connection)
        }
        close(connection)
      }
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  /// Why there is no server.
  public struct NoServer: Error { public let reason: String }

  private static func request(from connection: Int32) -> Request? {
    var text: [UInt8] = []
    var byte: UInt8 = 0
    while !text.ends(with: Array("\r\n\r\n".utf8)), text.count < 1 << 16, recv(connection, &byte, 1, 0) == 1 {
      text.append(byte)
    }
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3 else { return nil }
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
    return Request(path: String(words[1]), start: range.flatMap { Int($0.dropFirst(13).dropLast()) })
  }

  private static func send(_ answer: Answer, to request: Request, on connection: Int32) {
    var head: [String] = []
    var body = Data()
    switch answer {
    case .file(let data):
      if let start = request.start, start > 0 {
        guard start < data.count else { return send(.status(416), to: request, on: connection) }
        body = data.dropFirst(start)
        head = [
          "HTTP/1.1 206 Partial Content", "Content-Range: bytes \(start)-\(data.count - 1)/\(data.count)",
          "Content-Length: \(body.count)",
        ]
      } else {
        body = data
        head = ["HTTP/1.1 200 OK", "Content-Length: \(data.count)"]
      }
    case .wholeFile(let data):
      body = data
      head = ["HTTP/1.1 200 OK", "Content-Length: \(data.count)"]
    case .brokenOff(let data, let count):
      body = data.prefix(count)
      head = ["HTTP/1.1 200 OK", "Content-Length: \(data.count)"]
    case .silent(let length):
      let head = Data("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n".utf8)
      _ = head.withUnsafeBytes { Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      var byte: UInt8 = 0
      _ = recv(connection, &byte, 1, 0)
      return
    case .redirect(let address):
      head = ["HTTP/1.1 302 Found", "Location: \(address)", "Content-Length: 0"]
    case .status(let status): head = ["HTTP/1.1 \(status) Answer", "Content-Length: 0"]
    }
    var rest = Data((head + ["Connection: close", "", ""]).joined(separator: "\r\n").utf8) + body
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if sent <= 0 { return }
      rest = Data(rest.dropFirst(sent))
    }
    shutdown(connection, Int32(SHUT_WR))
  }
}

extension [UInt8] {
  fileprivate func ends(with suffix: [UInt8]) -> Bool {
    count >= suffix.count && self[(count - suffix.count)...] == suffix[...]
  }
}
