import Foundation
import LikenessTraining
import Seeded
import Testing

@Suite("Reports")
struct ReportTests {
  private func report(bootstrap: Int, seed: UInt64 = 1) throws -> IdentificationReport {
    var random = Seeded(seed)
    let labels = (0..<80).map { $0 / 8 }
    let rows = labels.map { label in
      [Float(label), 0].map { $0 + Float.random(in: -1...1, using: &random) }
    }
    return try Evaluation.evaluate(
      embeddings: rows, labels: labels, metric: .euclidean, draws: 3, bootstrap: bootstrap)
  }

  @Test("the JSON has the protocol's keys, each with value, low and high")
  func json() throws {
    for bootstrap in [0, 50] {
      let data = try JSONEncoder().encode(try report(bootstrap: bootstrap))
      let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let keys = [
        "eer", "tar_at_far_1pct", "tar_at_far_01pct", "rank1_1", "rank1_5", "dir_at_fpir_1pct", "dir_at_fpir_10pct",
        "recall_at_1", "recall_at_5", "map_at_r",
      ]
      for key in keys {
        let figure = try #require(object[key] as? [String: Any])
        #expect(Set(figure.keys) == ["value", "low", "high"], "\(key)")
        #expect(figure["value"] is NSNumber)
        #expect((figure["low"] is NSNull) == (bootstrap == 0))
      }
      #expect(object["images"] as? Int == 80 && object["identities"] as? Int == 10)
      #expect(object["roc"] != nil)
    }
  }

  @Test("a report is read back as it was written, and the curve can be left out")
  func roundTrip() throws {
    let report = try report(bootstrap: 20)
    #expect(try JSONDecoder().decode(IdentificationReport.self, from: JSONEncoder().encode(report)) == report)
    #expect(
      report.withoutCurve().roc == nil && report.withoutCurve().figures.map(\.figure) == report.figures.map(\.figure))
  }

  @Test("the ROC curve rises to every genuine pair and passes through the equal error rate")
  func curve() throws {
    let report = try report(bootstrap: 0)
    let curve = try #require(report.roc)
    for (a, b) in zip(curve, curve.dropFirst()) {
      #expect(a.distance < b.distance && a.far <= b.far && a.tar <= b.tar)
    }
    #expect(curve.last?.tar == 1 && curve.count <= 450)
    let crossing = try #require(curve.min { abs($0.far - 1 + $0.tar) < abs($1.far - 1 + $1.tar) })
    #expect(abs((crossing.far + 1 - crossing.tar) / 2 - report.eer.value) < 0.01)
    let strict = try #require(curve.last { $0.far <= 0.01 })
    #expect(abs(strict.tar - report.tarAtFAR1Percent.value) < 0.02)
  }

  @Test("a point of the curve counts what is at most as far apart as its distance")
  func curvePoints() throws {
    // Genuine pairs 1 and 3 apart; impostor pairs 1, 2, 4 and 3, by hand.
    let distances: [Double] = [0, 1, 1, 2, 1, 0, 4, 3, 1, 4, 0, 3, 2, 3, 3, 0]
    let curve = try #require(
      try Evaluation.evaluate(distances: distances, labels: [0, 0, 1, 1], draws: 1, bootstrap: 0).roc)
    #expect(curve.map(\.distance) == [1, 3])
    #expect(curve.map(\.tar) == [0.5, 1] && curve.map(\.far) == [0.25, 0.75])
  }

  @Test("intervals contain the value of the whole set and are ordered")
  func intervals() throws {
    for (key, _, figure) in try report(bootstrap: 200).figures {
      let (low, high) = (try #require(figure.low), try #require(figure.high))
      #expect(low <= high && figure.value >= low - 0.05 && figure.value <= high + 0.05, "\(key)")
    }
  }

  @Test("tables have a header, a row a report and columns that line up")
  func table() throws {
    let report = try report(bootstrap: 20)
    let lines = IdentificationReport.table([("net", report), ("Fisherfaces", report)]).split(separator: "\n")
    #expect(lines.count == 3 && Set(lines.map(\.count)).count == 1)
    #expect(lines[0].contains("EER") && lines[0].contains("MAP@R") && lines[2].hasPrefix("Fisherfaces"))
    let detailed = IdentificationReport.table([("net", report)], intervals: true)
    #expect(detailed.contains("[") && detailed.contains("–"))
    #expect(report.summary.contains("80 images of 10 identities"))
    #expect(IdentificationReport.table([]) == "")
  }

  @Test("a summary over splits is their mean and deviation")
  func summary() throws {
    let reports = try (1...3).map { try report(bootstrap: 0, seed: $0) }
    let summary = try ReportSummary(reports)
    let values = reports.map(\.eer.value)
    let mean = values.reduce(0, +) / 3
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2).squareRoot()
    let figure = try #require(summary.figures["eer"])
    #expect(abs(figure.mean - mean) < 1e-12 && abs(figure.deviation - deviation) < 1e-12 && summary.splits == 3)
    #expect(ReportSummary.table([("net", summary)]).contains("±"))
    #expect(throws: EvaluationError.self) { try ReportSummary([]) }
  }
}
