import Foundation
import LikenessTraining
import Seeded
import Testing

@Suite("Evaluation")
struct EvaluationTests {
  private struct Fixture: Decodable {
    struct Figure: Decodable { let value, low, high: Double }
    struct Report: Decodable {
      let figures: [String: Figure]
      let images, identities: Int

      init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        images = try values.decode(Int.self, forKey: Key("images"))
        identities = try values.decode(Int.self, forKey: Key("identities"))
        figures = try Dictionary(
          uniqueKeysWithValues: values.allKeys.filter { $0.stringValue != "images" && $0.stringValue != "identities" }
            .map { ($0.stringValue, try values.decode(Figure.self, forKey: $0)) })
      }
    }
    struct Key: CodingKey {
      let stringValue: String
      let intValue: Int? = nil
      init(_ name: String) { stringValue = name }
      init?(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }
    let rows: [[Float]]
    let labels: [Int]
    let reports: [String: Report]
  }

  private static let drawn: Set = ["rank1_1", "rank1_5", "dir_at_fpir_1pct", "dir_at_fpir_10pct"]

  @Test("every figure agrees with the reference implementation", arguments: Evaluation.Metric.allCases)
  func reference(metric: Evaluation.Metric) throws {
    let fixture = try fixture("evaluation", as: Fixture.self)
    let expected = try #require(fixture.reports[metric.rawValue])
    let report = try Evaluation.evaluate(
      embeddings: fixture.rows, labels: fixture.labels, metric: metric, draws: 3_000, bootstrap: 1_000, seed: 5)
    #expect(report.images == expected.images && report.identities == expected.identities)
    #expect(report.figures.count == expected.figures.count)
    for (key, _, figure) in report.figures {
      let wanted = try #require(expected.figures[key])
      // Draws and resamples are others: what rests on them agrees within sampling noise.
      #expect(abs(figure.value - wanted.value) < (Self.drawn.contains(key) ? 0.006 : 1e-9), "\(key)")
      #expect(abs(try #require(figure.low) - wanted.low) < 0.02, "\(key) low")
      #expect(abs(try #require(figure.high) - wanted.high) < 0.04, "\(key) high")
    }
  }

  /// The definitions written down once more, with all pairs and all ranks sorted out in full.
  private func plain(_ distance: [[Double]], _ labels: [Int]) -> (eer: Double, tar: [Double], retrieval: [Double]) {
    let n = labels.count
    var pairs: [(distance: Double, isGenuine: Bool)] = []
    for i in 0..<n {
      for j in (i + 1)..<max(n, i + 1) { pairs.append((distance[i][j], labels[i] == labels[j])) }
    }
    let genuine = pairs.filter(\.isGenuine).map(\.distance)
    let impostors = pairs.filter { !$0.isGenuine }.map(\.distance).sorted()
    func tar(below threshold: Double) -> Double {
      Double(genuine.count { $0 < threshold }) / Double(genuine.count)
    }
    var (best, eer) = (Double.infinity, 0.0)
    for (index, threshold) in impostors.enumerated() {
      let (far, frr) = (Double(index) / Double(impostors.count), 1 - tar(below: threshold))
      if abs(far - frr) < best { (best, eer) = (abs(far - frr), (far + frr) / 2) }
    }
    let rates = [0.01, 0.001].map { tar(below: impostors[Int($0 * Double(impostors.count) + 1e-9)]) }
    var (queries, sums) = (0, [0.0, 0.0, 0.0])
    for i in 0..<n {
      let relevant = labels.count { $0 == labels[i] } - 1
      guard relevant > 0 else { continue }
      let order = (0..<n).filter { $0 != i }.sorted { (distance[i][$0], $0) < (distance[i][$1], $1) }
      let hits = order.map { labels[$0] == labels[i] }
      queries += 1
      sums[0] += hits[0] ? 1 : 0
      sums[1] += hits.prefix(5).contains(true) ? 1 : 0
      var found = 0
      for rank in 0..<relevant where hits[rank] {
        found += 1
        sums[2] += Double(found) / Double(rank + 1) / Double(relevant)
      }
    }
    return (eer, rates, sums.map { $0 / Double(queries) })
  }

  @Test("random sets full of equal distances agree with the plain definitions")
  func definitions() throws {
    var random = Seeded(99)
    for trial in 0..<80 {
      let n = Int.random(in: 6...40, using: &random)
      let labels = [0, 0, 1] + (3..<n).map { _ in Int.random(in: 0..<(2 + trial % 7), using: &random) }
      let spread = trial % 4 + 1
      let rows = labels.map { label in
        (0..<3).map { _ in Float(label * (trial % 3) + Int.random(in: -spread...spread, using: &random)) }
      }
      let distance = rows.map { a in
        rows.map { b in zip(a, b).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }.squareRoot() }
      }
      let expected = plain(distance, labels)
      let report = try Evaluation.evaluate(
        embeddings: rows, labels: labels, metric: .euclidean, draws: 2, bootstrap: 0)
      #expect(abs(report.eer.value - expected.eer) < 1e-12)
      #expect(abs(report.tarAtFAR1Percent.value - expected.tar[0]) < 1e-12)
      #expect(abs(report.tarAtFAR01Percent.value - expected.tar[1]) < 1e-12)
      #expect(abs(report.recallAt1.value - expected.retrieval[0]) < 1e-12)
      #expect(abs(report.recallAt5.value - expected.retrieval[1]) < 1e-12)
      #expect(abs(report.mapAtR.value - expected.retrieval[2]) < 1e-12)
      let matrix = try Evaluation.evaluate(distances: distance.flatMap { $0 }, labels: labels, draws: 2, bootstrap: 0)
      #expect(matrix == report)
    }
  }

  @Test("identities far apart are told apart without an error")
  func perfect() throws {
    let labels = (0..<60).map { $0 / 6 }
    let rows = labels.enumerated().map { [Float(100 * $0.element), Float($0.offset % 6)] }
    let report = try Evaluation.evaluate(embeddings: rows, labels: labels, metric: .euclidean)
    for (key, _, figure) in report.figures {
      #expect(figure.value == (key == "eer" ? 0 : 1), "\(key)")
      #expect(figure.low == figure.value && figure.high == figure.value, "\(key)")
    }
  }

  @Test("embeddings that are all the same tell nobody apart")
  func collapsed() throws {
    let labels = (0..<40).map { $0 / 4 }
    let report = try Evaluation.evaluate(
      embeddings: labels.map { _ in [1, 2] }, labels: labels, metric: .cosine, draws: 5, bootstrap: 20)
    #expect(report.tarAtFAR1Percent.value == 0 && report.dirAtFPIR10Percent.value == 0 && report.eer.value > 0.9)
    #expect(report.rank1With1.value <= 0.2)
  }

  @Test("cosine does not see length, euclidean does")
  func metrics() throws {
    let labels = [0, 0, 0, 1, 1, 1]
    let rows: [[Float]] = [[1, 0], [9, 1], [50, 2], [0, 1], [1, 9], [2, 50]]
    let cosine = try Evaluation.evaluate(embeddings: rows, labels: labels, metric: .cosine, draws: 2, bootstrap: 0)
    let euclidean = try Evaluation.evaluate(
      embeddings: rows, labels: labels, metric: .euclidean, draws: 2, bootstrap: 0)
    #expect(cosine.eer.value == 0 && cosine.mapAtR.value == 1)
    #expect(euclidean.eer.value > 0)
  }

  @Test("the same seed gives the same report, another seed other draws")
  func seeds() throws {
    let fixture = try fixture("evaluation", as: Fixture.self)
    func report(_ seed: UInt64) throws -> IdentificationReport {
      try Evaluation.evaluate(embeddings: fixture.rows, labels: fixture.labels, metric: .euclidean, seed: seed)
    }
    #expect(try report(1) == report(1))
    #expect(try report(1).rank1With1 != report(2).rank1With1)
    #expect(try report(1).eer.value == report(2).eer.value)
  }

  @Test("what cannot be evaluated is a sentence")
  func refusals() throws {
    func refusal(_ rows: [[Float]], _ labels: [Int]) -> String {
      do {
        _ = try Evaluation.evaluate(embeddings: rows, labels: labels, metric: .euclidean)
        return ""
      } catch {
        return "\(error)"
      }
    }
    let rows: [[Float]] = [[1, 2], [2, 1], [3, 3]]
    #expect(refusal(rows, [1, 1, 1]).contains("one identity"))
    #expect(refusal(rows, [1, 2, 3]).contains("single image"))
    #expect(refusal(rows, [1, 1]).contains("one label a row"))
    #expect(refusal([[1, 2], [2], [3, 3]], [1, 1, 2]).contains("embedding 1 has 1 values"))
    #expect(refusal([[1, 2], [2, .nan], [3, 3]], [1, 1, 2]).contains("embedding 1 holds nan"))
    #expect(refusal([[1, 2], [2, 1], [-.infinity, 3]], [1, 1, 2]).contains("embedding 2 holds -inf"))
    #expect(refusal([], []) != "")
    #expect(refusal([[], [], []], [1, 1, 2]) != "")
    let many = Evaluation.maximumImages + 1
    #expect(refusal([[Float]](repeating: [1], count: many), Array(0..<many)).contains("evaluate a sample"))
    for bad in [-1, Double.nan, .infinity] {
      #expect(throws: EvaluationError.self) {
        try Evaluation.evaluate(distances: [0, 1, bad, 1, 0, 1, bad, 1, 0], labels: [1, 1, 2])
      }
    }
  }

  @Test("identities with one image, and two identities, still make a report of numbers")
  func smallest() throws {
    let labels = [7, 7, 9]
    let report = try Evaluation.evaluate(embeddings: [[0], [1], [5]], labels: labels, metric: .euclidean)
    for (key, _, figure) in report.figures {
      #expect(figure.value.isFinite && (figure.low ?? 0).isFinite && (figure.high ?? 0).isFinite, "\(key)")
    }
    #expect(report.notes.contains { $0.contains("single image") })
  }

  @Test("a figure that the data cannot carry comes with a note")
  func notes() throws {
    func notes(identities: Int, images: Int) throws -> String {
      let labels = (0..<(identities * images)).map { $0 / images }
      let rows = labels.enumerated().map { [Float($0.element), Float($0.offset % 3)] }
      return try Evaluation.evaluate(
        embeddings: rows, labels: labels, metric: .euclidean, draws: 2, bootstrap: 0
      ).notes.joined(separator: "\n")
    }
    let few = try notes(identities: 4, images: 4)
    #expect(few.contains("TAR@FAR 1 %: with 96 impostor pairs none") && few.contains("fewer than 6 images"))
    #expect(few.contains("DIR@FPIR 10 %: with 8 stranger probes") && few.contains("4 identities are few"))
    #expect(try notes(identities: 40, images: 8) == "")
  }
}
