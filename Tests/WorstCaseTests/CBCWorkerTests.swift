import Bounds
import Foundation
import Networks
import RegionNetworks
import TestSupport
import Testing

@testable import MathematicalPrograms

/// CBC in processes of its own: the built tool, started as a worker.
@Suite struct CBCWorkerTests {
  /// A program with some unstable units.
  static func program(_ seed: Int) throws -> LinearProgram? {
    var random = RandomNetworks(seed: UInt64(seed))
    let network = try random.dense([3, 6, 6, 2])
    let bounds = RegionBounds(of: network, over: random.box(3, radius: 0.4))
    let region = try #require(RegionNetwork(bounds, objectives: .margins(of: [1], label: 0, outputs: 2)))
    return region.units.isEmpty ? nil : BigMEncoding(region, objective: 0).program
  }

  static func worker() throws -> CBCWorker { try #require(CBCWorker(executable: Tool.location.path)) }

  /// A program that is started in a worker's place.
  static func impostor(_ script: String, in folder: borrowing Scratch) throws -> CBCWorker {
    try folder.write(Data("#!/bin/sh\n\(script)\n".utf8), to: "impostor")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path("impostor"))
    // A process that another test starts at this moment holds the file open for writing, for a moment.
    for _ in 0..<100 {
      if let worker = CBCWorker(executable: folder.path("impostor")) { return worker }
      usleep(10_000)
    }
    return try #require(nil)
  }

  @Test func `a worker says what CBC says in this process, program after program`() throws {
    let worker = try Self.worker()
    var solved = 0
    for program in try (0..<40).compactMap({ try Self.program($0) }) {
      let here = CBCSolver.maximise(program, .init(seconds: 30))
      let (there, isUsable) = worker.maximise(program, .init(seconds: 30))
      #expect(isUsable && there.stop == .finished && there.dualBound == here.dualBound)
      #expect(there.candidate == here.candidate && there.nodes == here.nodes)
      solved += 1
    }
    #expect(solved > 20)
  }

  @Test func `workers do not disturb each other`() throws {
    let programs = try (0..<40).compactMap { try Self.program($0) }
    let expected = programs.map { CBCSolver.maximise($0, .init(seconds: 30)).dualBound }
    let workers = try (0..<4).map { _ in try Self.worker() }
    DispatchQueue.concurrentPerform(iterations: workers.count) { k in
      for (program, bound) in zip(programs, expected) {
        #expect(workers[k].maximise(program, .init(seconds: 30)).outcome.dualBound == bound)
      }
    }
  }

  @Test func `a worker that was killed has nothing to say, at once`() throws {
    let program = try #require(try (0..<10).lazy.compactMap { try Self.program($0) }.first)
    let worker = try Self.worker()
    #expect(worker.maximise(program, .init(seconds: 30)).isUsable)
    kill(worker.process, SIGKILL)
    let start = ContinuousClock.now
    let (outcome, isUsable) = worker.maximise(program, .init(seconds: 30))
    #expect(!isUsable && outcome.stop == .failed && outcome.dualBound == .infinity && outcome.candidate == nil)
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test func `a worker that ended while it had nothing to do is replaced`() throws {
    let program = try #require(try (0..<10).lazy.compactMap { try Self.program($0) }.first)
    let worker = try Self.worker()
    #expect(worker.maximise(program, .init(seconds: 30)).isUsable && worker.isRunning)
    kill(worker.process, SIGKILL)
    for _ in 0..<500 where worker.isRunning { usleep(10_000) }
    #expect(!worker.isRunning)
    CBCProcesses.idle.withLock { $0.append(worker) }
    CBCProcesses.executable.withLock { $0 = Tool.location.path }
    defer { CBCProcesses.executable.withLock { $0 = "" } }
    #expect(CBCProcesses.maximise(program, .init(seconds: 30)).stop == .finished)
  }

  @Test(arguments: ["exit 0", "cat", "head -c 64 /dev/zero", "head -c 64 /dev/urandom"])
  func `what is no answer is none`(_ script: String) throws {
    let program = try #require(try (0..<10).lazy.compactMap { try Self.program($0) }.first)
    let folder = try Scratch()
    let worker = try Self.impostor(script, in: folder)
    let (outcome, isUsable) = worker.maximise(program, .init(seconds: 2))
    #expect(!isUsable && outcome.stop != .finished && outcome.dualBound == .infinity && outcome.candidate == nil)
  }

  @Test func `a worker that does not keep its time is ended`() throws {
    let program = try #require(try (0..<10).lazy.compactMap { try Self.program($0) }.first)
    let folder = try Scratch()
    var process: pid_t = 0
    do {
      let worker = try Self.impostor("exec sleep 60", in: folder)
      process = worker.process
      let start = ContinuousClock.now
      let (outcome, isUsable) = worker.maximise(program, .init(seconds: 0.2))
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      #expect(!isUsable && outcome.stop == .timeLimit && outcome.dualBound == .infinity)
      #expect(seconds >= 0.7 && seconds < 5)
    }
    #expect(kill(process, 0) < 0)
  }

  /// Ended by kill -9, a program leaves no worker behind.
  @Test func `workers end with the program that started them`() throws {
    let folder = try Scratch()
    let ending = try Tool.run(
      [
        "exact", Tool.model, "--epsilon", "0.08", "--solver", "milp", "--samples", "0..<500", "--json", "--threads",
        "2",
      ],
      in: folder, interrupt: (after: { !$0.isEmpty }, signal: SIGKILL))
    #expect(ending.status == 128 + SIGKILL)
    for _ in 0..<100 where !Self.workers(in: folder.url).isEmpty { usleep(50_000) }
    #expect(Self.workers(in: folder.url).isEmpty)
  }

  /// The processes that work for a program that was run in a folder.
  private static func workers(in folder: URL) -> [String] {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.filter { process in
      let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")
      let command = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      return place == folder.resolvingSymlinksInPath().path
        && String(decoding: command, as: UTF8.self).contains(CBCWorker.argument)
    }
  }
}
