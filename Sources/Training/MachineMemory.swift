import Foundation

/// How much memory a process may take on this machine.
enum MachineMemory {
  /// Bytes: the machine's, or what the process's control groups allow where that is less, as in containers and in the
  /// jobs of a cluster.
  static var limit: Double {
    let physical = Double(ProcessInfo.processInfo.physicalMemory)
    let groups = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    return allowanceFiles(groups).compactMap(allowance).reduce(physical, min)
  }

  /// The files that say what a process's control groups allow, from its own groups up to the roots.
  ///
  /// - Parameter list: lines `number:controllers:/path`; of the second version's the controllers are missing.
  static func allowanceFiles(_ list: String) -> [String] {
    list.split(separator: "\n").flatMap { line -> [String] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      let isNew = parts[1].isEmpty
      guard isNew || parts[1].split(separator: ",").contains("memory") else { return [] }
      let (root, file) = isNew ? ("", "memory.max") : ("/memory", "memory.limit_in_bytes")
      let names = parts[2].split(separator: "/").filter { $0 != ".." }.map { "/" + $0 }
      return (0...names.count).reversed().map { "/sys/fs/cgroup\(root)\(names.prefix($0).joined())/\(file)" }
    }
  }

  /// What a group allows; nil where it does not say, or allows everything.
  private static func allowance(in file: String) -> Double? {
    let text = try? String(contentsOfFile: file, encoding: .utf8)
    return text.flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }
}
