import Foundation
import LikenessTraining
import Networks
import Testing

@Suite("Few-shot recognition")
struct FewShotTests {
  private let labels = (0..<25).flatMap { [Int](repeating: $0, count: 12) }

  private func report(
    spread: Double, labels: [Int]? = nil, seed: UInt64 = 1, workers: Int = 2, groups: [Int]? = nil
  ) throws -> FewShotReport {
    let labels = labels ?? self.labels
    var random = SeededRandom(seed: 4)
    let embeddings = labels.flatMap { label -> [Float] in
      var centre = SeededRandom(seed: UInt64(label) + 100)
      return (0..<8).map { _ in Float(centre.normal() + spread * random.normal()) }
    }
    return try FewShot(episodes: 200, seed: seed).evaluate(
      embeddings: embeddings, dimension: 8, labels: labels, metric: .euclidean, groups: groups, workers: workers)
  }

  @Test("classes far apart are always told apart, and embeddings of chance as often as chance would")
  func extremes() throws {
    let perfect = try report(spread: 0.01)
    let chance = try report(spread: 1_000)
    for task in FewShot.tasks {
      #expect(perfect[task.key]?.value == 1)
      let figure = try #require(chance[task.key])
      #expect(abs(figure.value - 1 / Double(task.ways)) < 0.04)
    }
  }

  @Test("more pictures to know a class by, and fewer classes, make it easier; the interval holds the figure")
  func order() throws {
    let report = try report(spread: 1.2)
    let values = try FewShot.tasks.map { try #require(report[$0.key]) }
    #expect(values[1].value > values[0].value && values[3].value > values[2].value)
    #expect(values[0].value > values[2].value && values[1].value > values[3].value)
    for figure in values {
      let (low, high) = (try #require(figure.low), try #require(figure.high))
      #expect(low < figure.value && figure.value < high && high - low < 0.06)
    }
  }

  @Test("a task for which there are too few classes or pictures has no figure, and is null in JSON")
  func tooFew() throws {
    let few = (0..<10).flatMap { [Int](repeating: $0, count: $0 < 4 ? 12 : 5) }
    let report = try report(spread: 1, labels: few)
    #expect(report["5_way_1_shot"] != nil)
    #expect(report["5_way_5_shot"] == nil && report["20_way_1_shot"] == nil)
    let json = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any])
    #expect(Set(json.keys) == Set(FewShot.tasks.map(\.key)))
    #expect(json["20_way_5_shot"] is NSNull)
    #expect(Set((json["5_way_1_shot"] as? [String: Any] ?? [:]).keys) == ["value", "low", "high"])
  }

  @Test("the same seed gives the same figures on any number of workers, another seed others")
  func seeds() throws {
    let report = try report(spread: 1.2)
    #expect(try self.report(spread: 1.2, workers: 1) == report)
    #expect(try self.report(spread: 1.2, seed: 2) != report)
  }

  @Test("where groups are given, an episode's classes are of one group")
  func groups() throws {
    // Five classes a group: twenty ways cannot be had.
    let report = try report(spread: 1, groups: labels.map { $0 / 5 })
    #expect(report["5_way_1_shot"] != nil && report["20_way_1_shot"] == nil)
  }
}
