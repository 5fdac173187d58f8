import ArgumentParser
import Foundation
import Tensors
import TestSupport

/// Judges the bounds of many random networks in exact arithmetic.
@main struct Soundness: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Judges the bounds of random small networks in exact rational arithmetic.",
    discussion: """
      Every method's bounds, and all ranges of nodes, are held against the network's exact values at corners and \
      random points of the region. Ends with status 1 where any bound is beaten, by however little.
      """)

  @Option(help: "How many networks.") var networks = 500
  @Option(help: "How many points in each region.") var points = 4
  @Option(help: "Which networks.") var seed: UInt64 = 1
  @Option(help: "How many threads.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Flag(help: "Leave the account of rounding out of backward passes: then violations must be found (status 1 if none).")
  var mutated = false

  func validate() throws {
    guard networks > 0, points > 0, threads > 0 else {
      throw ValidationError("--networks, --points and --threads must be positive")
    }
  }

  func run() throws {
    let kernels = BLASKernels.select()
    let check = SoundnessCheck(networks: networks, points: points, seed: seed, accountsForRounding: !mutated)
    let judge = try check.run(Workers(count: threads))
    print("BLAS kernels        \(kernels)")
    print("networks            \(judge.networks)")
    print("points              \(judge.points)")
    print("bounds judged       \(judge.comparisons), \(judge.infinite) of them infinite")
    print("violations          \(judge.violations.count)")
    let byClaimant = Dictionary(grouping: judge.violations, by: \.claimant)
    print("claimant            violations  least relative distance from a value")
    for (claimant, share) in judge.tightest.sorted(by: { $0.key < $1.key }) {
      let name = claimant.padding(toLength: 20, withPad: " ", startingAt: 0)
      let count = "\(byClaimant[claimant]?.count ?? 0)".padding(toLength: 12, withPad: " ", startingAt: 0)
      print("\(name)\(count)\(String(format: "%.2g", share))")
    }
    for violation in judge.violations.prefix(10) { print(violation) }
    if judge.violations.count > 10 { print("… and \(judge.violations.count - 10) more") }
    if judge.violations.isEmpty == mutated {
      if mutated { print("The judge noticed nothing although the account of rounding was left out.") }
      throw ExitCode.failure
    }
  }
}
