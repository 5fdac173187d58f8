import Foundation
import Synchronization

/// Ctrl-C and polite termination: everything worth keeping is on the disk already, so the process may end at once.
///
/// A thread of its own waits for the signals, blocked everywhere else: solver libraries install handlers of theirs
/// for the time of a solve, which would turn an interruption into a wrong answer and go on.
enum Interruption {
  private static let afterword = Mutex<String?>(nil)

  /// What to tell whoever interrupts from now on.
  static func remark(_ text: String) { afterword.withLock { $0 = text } }

  /// Starts watching; call once, before any other thread is started.
  static func watch() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    // Writing to a pipe whose reader has gone is an error to report, not a death.
    signal(SIGPIPE, SIG_IGN)
    Thread.detachNewThread {
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGINT)
      sigaddset(&signals, SIGTERM)
      var received: Int32 = 0
      sigwait(&signals, &received)
      // The progress of a terminal stands on an unfinished line.
      if isatty(STDERR_FILENO) == 1 { Output.fragment("\n") }
      Output.note("worstcase: interrupted" + (afterword.withLock { $0 }.map { "; " + $0 } ?? ""))
      _exit(received == SIGINT ? Status.interrupted.rawValue : 128 + received)
    }
  }
}
