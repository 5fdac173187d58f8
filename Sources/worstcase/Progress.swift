import Foundation
import Synchronization

/// How far some counted work is, and how long the rest may take.
///
/// On a terminal one line that is drawn over; elsewhere a plain line about every tenth of the work.
final class Progress: Sendable {
  private struct State {
    var done: Int
    var total: Int
    var doneBefore: Int
    var started = Date()
    var lastTenth = -1
  }

  private let state: Mutex<State>
  private let unit: String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let isQuiet: Bool

  /// Progress over some units, `done` of which need no work any more.
  init(unit: String, done: Int = 0, total: Int, quiet: Bool = false) {
    self.unit = unit
    isQuiet = quiet
    state = Mutex(State(done: done, total: total, doneBefore: done))
  }

  /// Shows that so many units are done, with a remark.
  func update(done: Int, remark: String = "") {
    guard !isQuiet else { return }
    state.withLock { state in
      state.done = done
      let fresh = done - state.doneBefore
      let elapsed = Date().timeIntervalSince(state.started)
      let left = fresh > 0 ? elapsed / Double(fresh) * Double(state.total - done) : .nan
      let tenth = state.total > 0 ? done * 10 / state.total : 10
      let text =
        "\(done)/\(state.total) \(unit)  \(Self.duration(elapsed)) elapsed"
        + (left.isFinite ? ", \(Self.duration(left)) left" : "") + (remark.isEmpty ? "" : "  \(remark)")
      if isTerminal {
        Output.fragment("\r\u{1B}[2K\(text)")
        if done == state.total { Output.fragment("\n") }
      } else if tenth != state.lastTenth {
        state.lastTenth = tenth
        Output.note(text)
      }
    }
  }

  /// Seconds as people say them.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
