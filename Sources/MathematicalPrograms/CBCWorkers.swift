/// CBC in processes of its own or not at all: for programs that nothing depends on.
///
/// Where ``CBCProcesses`` would solve a program in this process, this has nothing to say: an assertion or a search that
/// does not look at the clock is too much of a risk for a mere hint.
public enum CBCWorkers: MixedIntegerSolver {
  /// Maximises a program; fails where there is no worker.
  ///
  /// - Complexity: as ``CBCProcesses``.
  public static func maximise(_ program: LinearProgram, _ request: MixedIntegerRequest) -> MixedIntegerOutcome {
    CBCProcesses.ask(program, request)
      ?? MixedIntegerOutcome(dualBound: .infinity, candidate: nil, stop: .failed, nodes: 0)
  }
}
