import Foundation
import Likeness

/// The figures of a soak.
struct Outcome: Encodable {
  var seconds: Double
  var changes: Int
  var answers: Int
  var wrong: Int
  var unknown: Int
  var recall: Double
  var notes: [String]
  /// Milliseconds.
  var query: Times
  var exactQuery: Times
  var enroll: Times
  var forget: Times
  var editByHand: Times
  var embeddings: Int
  var fileBytes: Int
  var resident: Memory
  /// What of malloc is in use.
  var heap: Memory

  /// Bytes, and megabytes an hour over the second half.
  struct Memory: Encodable {
    var first: Double
    var last: Double
    var most: Double
    var slope: Double

    init(_ curve: MemoryCurve, _ measure: MemoryCurve.Measure) {
      (first, last, most) = curve.summary(measure)
      slope = curve.slope(measure) * 3_600 / 1e6
    }
  }

  struct Times: Encodable {
    var count: Int
    var p50: Double
    var p99: Double
    var longest: Double

    init(_ histogram: Histogram) {
      count = histogram.count
      (p50, p99) = (histogram.quantile(0.5) * 1_000, histogram.quantile(0.99) * 1_000)
      longest = histogram.longest * 1_000
    }
  }

  init(
    _ report: Asker.Report, _ writer: Writer, _ memory: MemoryCurve, seconds: Double, changes: Int, _ gallery: Gallery
  ) throws {
    (self.seconds, self.changes) = (seconds, changes)
    answers = report.times.count + report.exactTimes.count
    (wrong, unknown, notes) = (report.wrong, report.unknown, report.notes)
    recall = Double(report.found) / Double(max(1, report.wanted))
    (query, exactQuery) = (Times(report.times), Times(report.exactTimes))
    (enroll, forget, editByHand) = (Times(writer.enrolling), Times(writer.forgetting), Times(writer.byHand))
    let info = try gallery.info()
    (embeddings, fileBytes) = (info.embeddings, info.fileBytes)
    (resident, heap) = (Memory(memory, .resident), Memory(memory, .heap))
  }

  var text: String {
    func line(_ name: String, _ times: Times) -> String {
      "| \(name) | \(times.count) | \(brief(times.p50)) | \(brief(times.p99)) | \(brief(times.longest)) |"
    }
    func line(_ name: String, _ memory: Memory) -> String {
      "\(name): \(megabytes(memory.first)) MB in the first tenth, \(megabytes(memory.last)) in the last, "
        + "\(megabytes(memory.most)) at most, \(brief(memory.slope)) MB an hour in the second half"
    }
    return """
      \(brief(seconds)) s: \(changes) changes, \(answers) answers, \(wrong) wrong\
      \(unknown > 0 ? ", \(unknown) not checked" : ""), recall \(brief(recall))
      | | count | p50 ms | p99 ms | longest ms |
      |---|---|---|---|---|
      \(line("query", query))
      \(line("exact query", exactQuery))
      \(line("enroll", enroll))
      \(line("forget", forget))
      \(line("edit by hand", editByHand))
      \(line("resident", resident))
      \(line("heap in use", heap))
      \(embeddings) embeddings in \(megabytes(Double(fileBytes))) MB
      \(notes.map { "wrong: \($0)" }.joined(separator: "\n"))
      """
  }

  private func brief(_ value: Double) -> String { String(format: value >= 100 ? "%.0f" : "%.3g", value) }
  private func megabytes(_ bytes: Double) -> String { String(format: "%.1f", bytes / 1e6) }
}
