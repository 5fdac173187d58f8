import Dispatch
import Foundation
import FoundationNetworking
import Synchronization

/// One file on its way from a server to the disk.
///
/// What has come stays in the file when the connection breaks; the next transfer to the same file asks for the rest.
final class Transfer: NSObject, URLSessionDataDelegate, Sendable {
  private struct State {
    var descriptor: Int32
    /// Bytes in the file, those of an earlier transfer included.
    var received: Int
    /// Where the answer's bytes start, and where the file will end if the server says so.
    var resumedAt: Int
    var expected: Int?
    var failure: TransferError?
  }

  private let file: String
  private let limit: Int
  private let progress: @Sendable (_ received: Int, _ expected: Int?) -> Void
  private let state: Mutex<State>
  private let finished = DispatchSemaphore(value: 0)

  private init(
    file: String, limit: Int, descriptor: Int32, present: Int, progress: @escaping @Sendable (Int, Int?) -> Void
  ) {
    self.file = file
    self.limit = limit
    self.progress = progress
    state = Mutex(State(descriptor: descriptor, received: present, resumedAt: present))
  }

  /// Fetches an address into a file, and waits for it.
  ///
  /// - Parameters:
  ///   - file: made if it is not there; if it is, the server is asked for what lies behind its end, and a server that
  ///     cannot do that sends everything anew.
  ///   - limit: the most bytes that the file may get.
  ///   - patience: seconds without a byte until the server is given up.
  /// - Throws: ``TransferError``; the bytes that came are in the file.
  static func fetch(
    _ address: URL, to file: String, limit: Int, patience: Double = 60,
    progress: @escaping @Sendable (_ received: Int, _ expected: Int?) -> Void
  ) throws(TransferError) {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .disk(file: file, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    let present = Int(lseek(descriptor, 0, SEEK_END))
    let transfer = Transfer(file: file, limit: limit, descriptor: descriptor, present: present, progress: progress)

    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = patience
    configuration.urlCache = nil
    let session = URLSession(configuration: configuration, delegate: transfer, delegateQueue: nil)
    defer { session.invalidateAndCancel() }
    var request = URLRequest(url: address, timeoutInterval: patience)
    // A body that is compressed once more would come decompressed, with other lengths than the server speaks of.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if present > 0 { request.setValue("bytes=\(present)-", forHTTPHeaderField: "Range") }
    session.dataTask(with: request).resume()
    transfer.finished.wait()
    try transfer.state.withLock { state throws(TransferError) in
      if let failure = state.failure { throw failure }
      if let expected = state.expected, state.received != expected {
        throw .truncated(received: state.received, expected: expected)
      }
    }
  }

  // MARK: What the session tells

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    // The library takes `file:///x` for the place /x on the same server, so the header itself is looked at as well.
    let named = response.value(forHTTPHeaderField: "Location")
    let schemes = [named.flatMap { URL(string: $0)?.scheme }, request.url?.scheme].compactMap { $0?.lowercased() }
    guard schemes.allSatisfy({ $0 == "http" || $0 == "https" }) else {
      let address = named ?? request.url?.absoluteString ?? ""
      state.withLock { $0.failure = $0.failure ?? .redirect(to: String(address.prefix(200))) }
      completionHandler(nil)
      task.cancel()
      return
    }
    completionHandler(request)
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    let goesOn = state.withLock { state in
      guard state.failure == nil else { return false }
      let status = (response as? HTTPURLResponse)?.statusCode ?? 0
      switch status {
      case 206 where startOfRange(response) == state.received: break
      case 200:
        // Everything comes anew.
        guard restart(&state) else { return false }
      default:
        // A range that does not exist: what is in the file is of no use.
        if status == 416 || status == 206 { _ = restart(&state) }
        state.failure = .status(status)
        return false
      }
      let announced = Int(response.expectedContentLength)
      guard announced <= limit - state.received else {
        state.failure = .tooLarge(limit: limit)
        return false
      }
      if announced >= 0 { state.expected = state.received + announced }
      return true
    }
    completionHandler(goesOn ? .allow : .cancel)
    // Some versions of the library do not heed the answer, and would wait for the body.
    if !goesOn { dataTask.cancel() }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let (goesOn, received, expected) = state.withLock { state in
      guard state.failure == nil else { return (false, state.received, state.expected) }
      if state.received + data.count > limit {
        state.failure = .tooLarge(limit: limit)
      } else if let error = Self.write(data, to: state.descriptor) {
        state.failure = .disk(file: file, reason: String(cString: strerror(error)))
      } else {
        state.received += data.count
      }
      return (state.failure == nil, state.received, state.expected)
    }
    if goesOn { progress(received, expected) } else { dataTask.cancel() }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    state.withLock { state in
      guard let error, state.failure == nil else { return }
      if let expected = state.expected, state.received > state.resumedAt, state.received < expected {
        state.failure = .truncated(received: state.received, expected: expected)
      } else {
        state.failure = .connection(Self.words(for: error))
      }
    }
    finished.signal()
  }

  // MARK: Details

  /// Empties the file.
  private func restart(_ state: inout State) -> Bool {
    guard ftruncate(state.descriptor, 0) == 0, lseek(state.descriptor, 0, SEEK_SET) == 0 else {
      state.failure = .disk(file: file, reason: String(cString: strerror(errno)))
      return false
    }
    state.received = 0
    state.resumedAt = 0
    return true
  }

  /// The first number of `Content-Range: bytes 100-199/200`.
  private func startOfRange(_ response: URLResponse) -> Int? {
    let range = (response as? HTTPURLResponse)?.value(forHTTPHeaderField: "Content-Range")
    return range?.split(separator: " ").last?.split(separator: "-").first.flatMap { Int($0) }
  }

  /// Writes all of some bytes; returns the error number if that fails.
  private static func write(_ data: Data, to descriptor: Int32) -> Int32? {
    var rest = data[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno != EINTR { return errno }
      rest = rest.dropFirst(max(0, written))
    }
    return nil
  }

  /// What a failed connection means, without the numbers of its error domain.
  private static func words(for error: any Error) -> String {
    switch (error as? URLError)?.code {
    case .cannotConnectToHost: "no connection to the server"
    case .cannotFindHost, .dnsLookupFailed: "the server's name is not known here"
    case .timedOut: "the server does not answer"
    case .networkConnectionLost: "the connection broke"
    case .httpTooManyRedirects: "the server points from address to address without end"
    case .unsupportedURL, .badURL: "no such kind of address is supported"
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
      .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid:
      "the server's certificate is not trusted here"
    case let code: "the connection failed\(code.map { " (code \($0.rawValue))" } ?? "")"
    }
  }
}
