import Foundation
import Synchronization

/// CBC in processes of their own: as many at a time as threads ask, each for one program after another.
///
/// A worker that crashes, or does not keep its time, is ended and counts as an answer without content; the next request
/// gets another. Where the running program is none that can be a worker (see ``becomeHost()``), or the system
/// starts no process, programs are solved in this one, one at a time.
public enum CBCProcesses: MixedIntegerSolver {
  /// What is started as a worker; empty while nothing is.
  static let executable = Mutex("")
  /// The workers that have nothing to do.
  static let idle = Mutex<[CBCWorker]>([])

  /// To be called by a program before anything else: lets it start itself again as a worker, and makes it one if it was
  /// so started, in which case it does not return.
  public static func becomeHost() {
    CBCWorker.serveIfStartedAsWorker()
    executable.withLock { $0 = "/proc/self/exe" }
    // Whoever inherits them may never ask how they ended.
    atexit { CBCProcesses.idle.withLock { $0 = [] } }
  }

  /// Maximises a program.
  ///
  /// - Complexity: exponential in the number of integer columns, in the worst case; ends half a second after the request's
  ///   time at the latest.
  public static func maximise(_ program: LinearProgram, _ request: MixedIntegerRequest) -> MixedIntegerOutcome {
    ask(program, request) ?? CBCSolver.maximise(program, request)
  }

  /// Has a worker maximise a program.
  ///
  /// - Returns: what it says; nil where none can be started.
  static func ask(_ program: LinearProgram, _ request: MixedIntegerRequest) -> MixedIntegerOutcome? {
    let executable = executable.withLock(\.self)
    // One that has ended while it had nothing to do says nothing of the program.
    let waiting = idle.withLock { $0.popLast() }.flatMap { $0.isRunning ? $0 : nil }
    guard !executable.isEmpty, let worker = waiting ?? CBCWorker(executable: executable) else { return nil }
    let (outcome, isUsable) = worker.maximise(program, request)
    if isUsable { idle.withLock { $0.append(worker) } }
    return outcome
  }
}
