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
    while !ledger.isOver {
      let probe = random.vector(dimension)
      let isExact = Int.random(in: 0..<8, using: &random) == 0
      let k = Int.random(in: 1...20, using: &random)
      let version = ledger.version
      let start = ContinuousClock.now
      do {
        let answer = try gallery.query(.vector(probe), k: k, by: .embedding, recall: isExact ? 1 : nil)
        let took = (ContinuousClock.now - start).components
        let seconds = Double(took.seconds) + Double(took.attoseconds) / 1e18
        if isExact { report.exactTimes.add(seconds) } else { report.times.add(seconds) }
        guard let truths = ledger.truths(since: version) else {
          report.unknown += 1
          continue
        }
        let faults = truths.map { $0.fault(in: answer, probe: probe, k: k, isExact: isExact) }
        if let place = faults.firstIndex(where: { $0 == nil }) {
          let nearest = truths[place].nearest(probe, k: k)
          report.wanted += nearest.count
          report.found += answer.candidates.filter { $0.distance <= (nearest.last ?? 0) + 1e-5 }.count
        } else {
          report.wrong += 1
          if report.notes.count < 3 { report.notes.append(faults.compactMap(\.self).last ?? "") }
        }
      } catch {
        report.wrong += 1
        if report.notes.count < 3 { report.notes.append("\(error)") }
      }
    }
    return report
  }
}
