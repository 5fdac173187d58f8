import MathematicalPrograms
import Networks

/// A conjunction on a region as a mixed-integer program, and the inputs that a solver takes for violations.
///
/// What the solver says of the program is not used: neither that it is infeasible nor a bound. A solution is where the
/// search for a violation starts, no more.
struct ViolationProgram {
  /// What a solver may spend on a program.
  struct Budget {
    /// Nodes of its search, the same on any machine.
    var nodes: Int
    var seconds: Double
  }

  let encoding: BigMEncoding
  /// The inputs, and one that has values for those that no row names.
  let box: Box
  let others: [Double]

  /// Asks for one input where the smallest violation is at least zero.
  ///
  /// - Returns: inputs of the box to try, a solution's own and the corner next to it, at which most of a linear piece's
  ///   largest values lie; nil where the solver failed.
  func candidates(by solver: any MixedIntegerSolver.Type, _ budget: Budget) -> [[Double]]? {
    let outcome = solver.maximise(
      encoding.program,
      MixedIntegerRequest(
        seconds: budget.seconds, cutoff: -encoding.objectiveConstant, nodeLimit: budget.nodes, solutionLimit: 1))
    guard outcome.stop != .failed else { return nil }
    guard let solution = outcome.candidate, solution.count == encoding.program.columnCount else { return [] }
    let input = encoding.input(from: solution, others: box.clamp(others), within: box)
    let corner = input.indices.map { i in
      input[i] - box.lower[i] < box.upper[i] - input[i] ? box.lower[i] : box.upper[i]
    }
    return [input, corner]
  }
}
