import Foundation
import Synchronization

/// Ctrl-C and polite termination: every result that was shown is on the disk, so the process may end at once. What is in
/// flight, and the few results on their way to the disk, are computed again by the same command.
///
/// A handler, and not a thread that waits for blocked signals: libraries start threads before `main`, which block
/// nothing and would take the signal. It uses only what is safe inside a handler: a text made beforehand, `write` and
/// `_exit`. A verb whose results are only whole at its end asks for the first signal to be a mere wish.
enum Interruption {
  /// The text that the handler writes. Old ones are never freed: the handler may be reading them.
  private nonisolated(unsafe) static var farewell = text("")

  /// Whether the first signal only asks for an end, and its number once it came; 0 before.
  private static let isPatient = Atomic(false)
  private static let wish = Atomic<Int32>(0)

  /// The whole text; the progress of a terminal stands on an unfinished line.
  private static func text(_ remark: String) -> UnsafeMutablePointer<CChar>? {
    strdup((isatty(STDERR_FILENO) == 1 ? "\n" : "") + "worstcase: interrupted\(remark)\n")
  }

  /// What to tell whoever interrupts from now on; called from the main thread only.
  static func remark(_ text: String) {
    farewell = Self.text("; \(text)")
  }

  /// From now on the first signal only sets ``requested``, and the caller comes to an end by itself; the second one ends
  /// the process. Called from the main thread only.
  static func waitForCaller() {
    farewell = text("; what is in flight is finished first, unless interrupted again")
    isPatient.store(true, ordering: .relaxed)
  }

  /// Runs something short that a signal must not cut in two; after one that comes meanwhile the process ends when it is done.
  /// Called from the main thread only.
  static func undisturbed(_ body: () -> Void) {
    isPatient.store(true, ordering: .relaxed)
    body()
    isPatient.store(false, ordering: .relaxed)
    if let status = requested { _exit(status.rawValue) }
  }

  /// How the process is to end, if a signal asked for it.
  static var requested: Status? {
    switch wish.load(ordering: .relaxed) {
    case 0: nil
    case SIGINT: .interrupted
    default: .terminated
    }
  }

  /// Starts watching.
  static func watch() {
    // Made now, for a handler must not be the first to touch it.
    _ = (farewell, isPatient.load(ordering: .relaxed), wish.load(ordering: .relaxed))
    // Writing to a pipe whose reader has gone is an error to report, not a death.
    signal(SIGPIPE, SIG_IGN)
    // And so is a file that would outgrow what the user may write.
    signal(SIGXFSZ, SIG_IGN)
    for number in [SIGINT, SIGTERM] {
      let previous = signal(number, handler)
      // Whoever started us in the background asked for the signal to be ignored.
      if unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
    }
    // A parent may have started us from a thread that blocks everything, which is inherited.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  private static let handler: @convention(c) (Int32) -> Void = { number in
    let isFirst = wish.exchange(number, ordering: .relaxed) == 0
    // Whoever interrupts again has read it.
    if isFirst, let text = Interruption.farewell { _ = write(STDERR_FILENO, text, strlen(text)) }
    if isFirst, isPatient.load(ordering: .relaxed) { return }
    _exit(number == SIGINT ? Status.interrupted.rawValue : Status.terminated.rawValue)
  }
}
