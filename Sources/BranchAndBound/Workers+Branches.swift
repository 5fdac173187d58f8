import Bounds
import Tensors

extension Workers {
  /// How many branches share a product, whatever the number of threads.
  private static let branchesAtOnce = 32

  /// What is computed of branches, some of them at a time, in their order.
  func inParts<Result: Sendable>(
    _ branches: [Branch], _ body: @Sendable ([Branch]) -> [Result]
  ) -> [Result] {
    let parts = (branches.count + Self.branchesAtOnce - 1) / Self.branchesAtOnce
    return map(0..<parts) { part in
      body(Array(branches[part * Self.branchesAtOnce..<min((part + 1) * Self.branchesAtOnce, branches.count)]))
    }.flatMap(\.self)
  }
}
