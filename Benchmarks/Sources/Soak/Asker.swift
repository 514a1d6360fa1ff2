import Foundation
import Likeness

/// Asks a gallery without pause, and holds every answer against the rows.
struct Asker {
  let gallery: Gallery
  let ledger: Ledger
  let dimension: Int
  let seed: UInt64

  /// What was asked, and how it came out.
  struct Report: Sendable {
    var times = Histogram()
    var exactTimes = Histogram()
    var wrong = 0
    /// Answers that took so long that what the rows were is not known any more.
    var unknown = 0
    var notes: [String] = []
    var found = 0
    var wanted = 0
  }

  func ask() -> Report {
    var report = Report()
    var random = Seeded(seed)
    var rows = ledger.rows()
    while !ledger.isOver {
      let probe = random.vector(dimension)
      let isExact = Int.random(in: 0..<8, using: &random) == 0
      let k = Int.random(in: 1...20, using: &random)
      // What the rows are at least: an answer asked for now is not older.
      if let commits = ledger.commits(after: rows.version) {
        for commit in commits { rows.apply(commit) }
      } else {
        rows = ledger.rows()
      }
      let start = ContinuousClock.now
      do {
        let answer = try gallery.query(.vector(probe), k: k, by: .embedding, recall: isExact ? 1 : nil)
        let took = (ContinuousClock.now - start).components
        let seconds = Double(took.seconds) + Double(took.attoseconds) / 1e18
        if isExact { report.exactTimes.add(seconds) } else { report.times.add(seconds) }
        check(answer, probe, k: k, isExact: isExact, &rows, &report)
      } catch {
        report.wrong += 1
        if report.notes.count < 3 { report.notes.append("\(error)") }
      }
    }
    return report
  }

  /// Holds an answer against the rows as they were when it was asked for, and after each commit since: it has to be that of
  /// one moment.
  private func check(
    _ answer: Answer, _ probe: [Float], k: Int, isExact: Bool, _ rows: inout Truth, _ report: inout Report
  ) {
    guard let commits = ledger.settledCommits(after: rows.version) else {
      report.unknown += 1
      rows = ledger.rows()
      return
    }
    var next = commits.makeIterator()
    var fault: String?
    repeat {
      fault = rows.fault(in: answer, probe: probe, k: k, isExact: isExact)
      if fault == nil {
        let nearest = rows.nearest(probe, k: k)
        report.wanted += nearest.count
        report.found += answer.candidates.filter { $0.distance <= (nearest.last ?? 0) + 1e-5 }.count
        return
      }
      guard let commit = next.next() else { break }
      rows.apply(commit)
    } while true
    report.wrong += 1
    if report.notes.count < 3 { report.notes.append(fault ?? "") }
  }
}
