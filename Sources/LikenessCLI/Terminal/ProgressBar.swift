import Foundation
import Synchronization

/// One line on stderr that is redrawn in place: a bar, what is done, the rate and the time left.
///
/// Draws nothing unless stderr is a terminal, and never more than a line of it, which a narrow one cuts. Safe to advance
/// from several threads.
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
  ///
  /// - Parameter earlier: how much of it was done before the bar began, which says nothing of its pace.
  func update(_ done: Int, of total: Int, earlier: Int = 0, remark: String = "") {
    show(
      isLast: done >= total, share: total > 0 ? min(1, Double(done) / Double(total)) : 0, figures: "\(done)/\(total)",
      done: done, earlier: earlier, remark: remark)
  }

  /// Shows that `done` are finished where nobody knows of how many, but perhaps what share of all that is, 0…1.
  func update(_ done: Int, share: Double?) {
    show(isLast: false, share: share.map { min(1, $0) }, figures: "\(done)", done: done, remark: "")
  }

  private func show(
    isLast: Bool, share: Double?, figures: String, done: Int, earlier: Int = 0, remark: String
  ) {
    guard Console.isInteractive else { return }
    let now = ContinuousClock.now
    state.withLock { state in
      if let drawn = state.drawn, now - drawn < .milliseconds(80), !isLast { return }
      guard !state.isFinished else { return }
      state.drawn = now
      let columns = TerminalWidth.columns
      let line = line(
        done, earlier: earlier, share: share, figures: figures, elapsed: now - start, remark: remark,
        bar: columns < 60 ? 8 : 24)
      // A character in the last column makes some terminals begin another line.
      Console.write("\r\u{1B}[2K" + line.cut(toColumns: columns - 1))
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

  private func line(
    _ done: Int, earlier: Int, share: Double?, figures: String, elapsed: Duration, remark: String, bar width: Int
  ) -> String {
    let filled = Int(((share ?? 0) * Double(width)).rounded())
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    let own = done - earlier
    var pace = seconds > 0 && own > 0 ? String(format: "%.0f/s, ", Double(own) / seconds) : ""
    if let share, share > 0, own > 0 {
      pace += Self.clock(seconds / share * (1 - share) * Double(done) / Double(own)) + " left"
    }
    return "\(label) \(bar) \(figures) \(unit)  \(pace)  \(remark)"
  }

  /// Seconds, or minutes and seconds.
  static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    return whole < 60 ? "\(whole) s" : String(format: "%d:%02d min", whole / 60, whole % 60)
  }
}
