import Foundation
import LikenessTraining
import Networks
import Testing

@Suite("Evaluating series")
struct SeriesEvaluationTests {
  private static func model(_ streams: [SeriesStream]) throws -> SeriesModel {
    var trainer = SeriesTrainer()
    trainer.settings.encoder = .perStep
    (trainer.settings.dimension, trainer.settings.hidden, trainer.settings.steps) = (16, 32, 60)
    trainer.settings.momentsPerSeries = 24
    return try trainer.train(streams).model
  }

  @Test("the probe reads the states of unseen subjects, better than off raw windows, and more labels do not hurt")
  func probe() throws {
    let (known, unseen) = (
      try DrawnSeries.streams(subjects: 6, seed: 1), try DrawnSeries.streams(subjects: 2, seed: 50)
    )
    let report = try SeriesEvaluation().evaluate(Self.model(known), on: unseen, labelled: known)
    #expect(Set(report.probe.keys) == ["1", "5", "10", "100"])
    #expect(Set(report.baselines.keys) == ["raw", "handmade", "untrained", "front_end", "encoder", "pca"])
    #expect(report.labels == ["hums", "rattles", "rests"])
    func accuracy(_ shares: SeriesEvaluation.Shares?, _ percent: String) throws -> Double {
      try #require(shares?[percent]).accuracy
    }
    #expect(try accuracy(report.probe, "5") > accuracy(report.baselines["raw"], "5") + 0.05)
    #expect(try accuracy(report.probe, "100") > 0.85)
    #expect(try accuracy(report.probe, "100") >= accuracy(report.probe, "1") - 0.01)
    #expect(report.recordings.probe.keys.sorted() == ["1", "10", "5"])
    #expect(report.frames == 4 * 171)

    let again = try SeriesEvaluation().evaluate(Self.model(known), on: unseen, labelled: known)
    #expect(again == report, "no chance but the seed's")
  }

  @Test("the JSON is what other programs expect")
  func json() throws {
    let streams = try DrawnSeries.streams(subjects: 4, each: 1, seed: 3)
    var evaluation = SeriesEvaluation()
    evaluation.draws = 1
    let report = try evaluation.evaluate(
      Self.model(Array(streams[..<3])), on: Array(streams[3...]), labelled: Array(streams[..<3]))
    let object = try #require(
      JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any])
    for percent in ["1", "5", "10", "100"] {
      let probe = try #require((object["probe"] as? [String: [String: Double]])?[percent])
      let (accuracy, f1) = (try #require(probe["accuracy"]), try #require(probe["macro_f1"]))
      #expect((0...1).contains(accuracy) && (0...1).contains(f1))
      for name in ["raw", "handmade", "untrained"] {
        let baseline = (object["baselines"] as? [String: [String: [String: Double]]])?[name]?[percent]
        #expect(baseline?["accuracy"] != nil && baseline?["macro_f1"] != nil)
      }
    }
  }

  @Test("missing labels are an error in a sentence; a subject on both sides is said")
  func labels() throws {
    let streams = try DrawnSeries.streams(subjects: 3, each: 1, seed: 4)
    let model = try Self.model(streams)
    let bare = try streams.map {
      try SeriesStream(name: $0.name, channels: $0.channels, times: $0.times, values: $0.values)
    }
    var evaluation = SeriesEvaluation()
    (evaluation.draws, evaluation.percents) = (1, [1])
    #expect(throws: EvaluationError.self) { try evaluation.evaluate(model, on: bare, labelled: streams) }
    #expect(throws: EvaluationError.self) { try evaluation.evaluate(model, on: streams, labelled: bare) }
    let report = try evaluation.evaluate(model, on: [streams[0]], labelled: streams)
    #expect(report.notes.contains { $0.contains("m0") })
    #expect(!report.notes.contains { $0.contains("alone have") || $0.contains("without a label") })
    let half = try evaluation.evaluate(model, on: [streams[0]], labelled: [bare[0]] + streams[1...])
    #expect(half.notes.contains("left out 1 streams without a label, the first is \(bare[0].name)"))
    let renamed = try SeriesStream(
      name: streams[0].name, channels: streams[0].channels, times: streams[0].times, values: streams[0].values,
      labels: streams[0].labels.map { $0 == "hums" ? "sings" : $0 })
    let other = try evaluation.evaluate(model, on: [renamed], labelled: streams)
    #expect(other.notes.contains { $0.contains("predict alone have") && $0.hasSuffix("\"sings\"") })
    #expect(other.notes.contains { $0.contains("labelled streams alone have") && $0.hasSuffix("\"hums\"") })
  }

  @Test("values that cannot be squared are holes, in training, evaluation and embedding; others are measured")
  func farOut() throws {
    let streams = try DrawnSeries.streams(subjects: 3, each: 1, seed: 4)
    func with(_ value: Float) throws -> [SeriesStream] {
      try streams.map { stream in
        var values = stream.values
        values[2 * 450] = value
        return try SeriesStream(
          name: stream.name, channels: stream.channels, times: stream.times, values: values, labels: stream.labels)
      }
    }
    let holed = try Self.model(with(.nan))
    var evaluation = SeriesEvaluation()
    (evaluation.draws, evaluation.percents) = (1, [10])
    for value in [1.5e18, 1e20, 3e38, -.infinity] as [Float] {
      let far = try with(value)
      #expect(try Self.model(far).encoded() == holed.encoded())
      #expect(try holed.embed(far[0]) == holed.embed(with(.nan)[0]))
    }
    // A model of ordinary values, and one of those themselves.
    for value in [9e17, -1e12] as [Float] {
      let far = try with(value)
      for model in [holed, try Self.model(far)] {
        for moment in try model.embed(far[0]) { #expect(moment.vector.allSatisfy { $0.isFinite }) }
        let report = try evaluation.evaluate(model, on: [far[0]], labelled: Array(far[1...]))
        #expect(report.probe["10"]?.accuracy.isFinite == true)
        #expect(report.baselines.values.allSatisfy { $0["10"]?.accuracy.isFinite == true })
      }
    }
  }
}
