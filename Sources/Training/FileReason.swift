import Foundation

/// Why a file could not be read or written: the system's words, without a full stop, for sentences that go on.
public func fileReason(of error: any Error) -> String {
  let foundation = error as NSError
  if let system = foundation.userInfo[NSUnderlyingErrorKey] as? POSIXError {
    return String(cString: strerror(system.code.rawValue))
  }
  return String(foundation.localizedDescription.trimmingCharacters(in: ["."]))
}
