import Foundation

/// Ctrl-C and polite termination: everything known so far is on the disk already, so the process may end at once.
///
/// A thread of its own waits for the signals, blocked everywhere else: solver libraries install handlers of theirs
/// for the time of a solve, which would turn an interruption into a wrong answer and go on.
enum Interruption {
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
      Output.note("\nworstcase: interrupted; what was finished is stored, and the same command continues from there")
      _exit(received == SIGINT ? Status.interrupted.rawValue : 128 + received)
    }
  }
}
