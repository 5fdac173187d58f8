import Foundation

/// A process of its own in which CBC solves one program after another.
///
/// Whatever happens there happens to it alone: CBC's global state, an assertion that ends the process, a search that does
/// not look at the clock. The process is the running program itself, started again; it ends with whoever started it, whose
/// end closes its input.
/// - Precondition: one thread uses it at a time, which the pool sees to.
final class CBCWorker: Sendable {
  /// What makes the program a worker, as its only argument.
  static let argument = "solve-mixed-integer-programs"
  /// How long beyond a request's own seconds a worker may take before it is given up.
  static let patience = 0.5

  let process: pid_t
  /// The near end of the socket that is its standard input and output.
  private let socket: Int32

  /// Starts a worker; nil where the system does not.
  init?(executable: String) {
    guard let (process, socket) = Self.spawn(executable) else { return nil }
    (self.process, self.socket) = (process, socket)
    // A worker that does not read must not hold its starter up.
    _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK)
  }

  private static func spawn(_ executable: String) -> (process: pid_t, socket: Int32)? {
    var ends: [Int32] = [-1, -1]
    // Not inherited by any program that is started meanwhile: that would keep the worker's input open.
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
    guard socketpair(AF_UNIX, Int32(type), 0, &ends) == 0 else { return nil }
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for stream in [STDIN_FILENO, STDOUT_FILENO] { posix_spawn_file_actions_adddup2(&actions, ends[1], stream) }
    // What an assertion says as it ends the process is no message for the user.
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var arguments = [strdup(executable), strdup(argument), nil]
    defer { arguments.forEach { free($0) } }
    var process: pid_t = 0
    guard posix_spawn(&process, executable, &actions, nil, &arguments, environ) == 0 else {
      close(ends[0])
      return nil
    }
    return (process, ends[0])
  }

  deinit {
    close(socket)
    kill(process, SIGKILL)
    while waitpid(process, nil, 0) < 0, errno == EINTR {}
  }

  /// Whether the process is there, as far as its socket tells: it holds the other end until it ends.
  var isRunning: Bool {
    var end = pollfd(fd: socket, events: 0, revents: 0)
    return poll(&end, 1, 0) == 0
  }

  /// Asks the worker to maximise a program.
  ///
  /// - Returns: what it says, and whether it can be asked again: it cannot where it ended, was late, or said nothing that
  ///   makes sense.
  func maximise(
    _ program: LinearProgram, _ request: MixedIntegerRequest
  ) -> (outcome: MixedIntegerOutcome, isUsable: Bool) {
    let question = MixedIntegerQuestion(program: program, request: request)
    let deadline = Moment(secondsFromNow: max(0, request.seconds) + Self.patience)
    if MessageSocket.write(question.bytes, to: socket, until: deadline),
      let bytes = MessageSocket.read(from: socket, until: deadline), let outcome = MixedIntegerOutcome(bytes)
    {
      return (outcome, true)
    }
    let stop = deadline.milliseconds == 0 ? MixedIntegerStop.timeLimit : .failed
    return (MixedIntegerOutcome(dualBound: .infinity, candidate: nil, stop: stop, nodes: 0), false)
  }

  /// Makes this process a worker, if it was started as one: it answers questions until its input ends, and does not
  /// return.
  static func serveIfStartedAsWorker() {
    guard CommandLine.arguments.dropFirst().elementsEqual([argument]) else { return }
    // The socket, which is the standard input, carries answers alone, whatever CBC prints.
    guard dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else { _exit(1) }
    let starterIsGone = Thread {
      var end = pollfd(fd: STDIN_FILENO, events: 0, revents: 0)
      while poll(&end, 1, -1) < 1 {}
      _exit(0)
    }
    starterIsGone.start()
    while let bytes = MessageSocket.read(from: STDIN_FILENO, until: nil), let question = MixedIntegerQuestion(bytes) {
      let outcome = CBCSolver.maximise(question.program, question.request)
      guard MessageSocket.write(outcome.bytes, to: STDIN_FILENO, until: nil) else { break }
    }
    _exit(0)
  }
}
