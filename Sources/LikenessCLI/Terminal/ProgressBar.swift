import Foundation
import Synchronization

/// One line on stderr that is redrawn in place: a bar, what is done, the rate and the time left.
///
/// Draws nothing unless stderr is a terminal. Safe to advance from several threads.
final class ProgressBar: Sendable {
  private struct State {
    var drawn: ContinuousClock.Instant?
    var isFinished = false
  }

  private let label: String
  private let unit: String
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  /// A bar with a label in front and the unit of what is counted ("pictures", "vectors").
  init(_ label: String, unit: String) {
    self.label = label
    self.unit = unit
  }

  /// Shows that `done` of `total` are finished, with a remark behind the figures.
  func update(_ done: Int, of total: Int, remark: String = "") {
    guard Console.isInteractive else { return }
    let now = ContinuousClock.now
    state.withLock { state in
      if let drawn = state.drawn, now - drawn < .milliseconds(80), done < total { return }
      guard !state.isFinished else { return }
      state.drawn = now
      Console.write("\r\u{1B}[2K" + line(done, of: total, elapsed: now - start, remark: remark))
    }
  }

  /// Ends the line, leaving `summary` in its place.
  func finish(_ summary: String = "") {
    guard Console.isInteractive else { return }
    state.withLock { state in
      guard !state.isFinished else { return }
      state.isFinished = true
      Console.write("\r\u{1B}[2K" + (summary.isEmpty ? "" : summary + "\n"))
    }
  }

  private func line(_ done: Int, of total: Int, elapsed: Duration, remark: String) -> String {
    let share = total > 0 ? min(1, Double(done) / Double(total)) : 0
    let width = 24
    let filled = Int((share * Double(width)).rounded())
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    let rate = seconds > 0 ? Double(done) / seconds : 0
    let left = rate > 0 ? Double(total - done) / rate : 0
    let figures = "\(done)/\(total) \(unit)"
    let pace = rate > 0 ? String(format: "%.0f/s, ", rate) + Self.clock(left) + " left" : ""
    return "\(label) \(bar) \(figures)  \(pace)  \(remark)"
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    return whole < 60 ? "\(whole) s" : String(format: "%d:%02d min", whole / 60, whole % 60)
  }
}
