import Foundation
import LikenessTraining
import Networks
import Testing

@Suite("Training series")
struct SeriesTrainerTests {
  private static func trainer(_ change: (inout SeriesTrainer) -> Void = { _ in }) -> SeriesTrainer {
    var trainer = SeriesTrainer()
    trainer.settings.encoder = .perStep
    trainer.settings.dimension = 16
    trainer.settings.hidden = 32
    trainer.settings.steps = 60
    trainer.settings.stepsPerEpoch = 20
    trainer.settings.momentsPerSeries = 24
    change(&trainer)
    return trainer
  }

  @Test("the loss on subjects never trained on goes down, and the best epoch is kept")
  func learns() throws {
    let trained = try Self.trainer().train(DrawnSeries.streams(subjects: 6, seed: 1))
    let losses = trained.epochs.compactMap(\.validationLoss)
    #expect(losses.count == 3)
    #expect(losses[2] < losses[0])
    let best = try #require(trained.card.bestEpoch)
    #expect(best.validationLoss == losses.dropFirst().min())
    #expect(trained.model.dimension == trained.model.frontEnd.count + 16)
  }

  @Test("the same seed gives the same file, byte for byte, on 1 and 2 workers; another seed another")
  func reproducible() throws {
    let streams = try DrawnSeries.streams(subjects: 3, seed: 2)
    let files = try [1, 2].map { workers in
      try Self.trainer { $0.workers = workers }.train(streams).model.encoded()
    }
    #expect(files[0] == files[1])
    #expect(try Self.trainer { $0.settings.seed = 2 }.train(streams).model.encoded() != files[0])
  }

  @Test("a signal far from zero is learned as it is near it, and a channel that never changes is named")
  func farFromZero() throws {
    func streams(_ offset: Double) throws -> [SeriesStream] {
      try DrawnSeries.streams(subjects: 3, each: 1, seed: 4).map { stream in
        var text = "t_ms,x,y,still\n"
        for row in stream.times.indices {
          let (x, y) = (Double(stream.values[2 * row]), Double(stream.values[2 * row + 1]))
          text += "\(stream.times[row]),\(offset + 0.2 * x),\(y),7\n"
        }
        return try SeriesStream(csv: Data(text.utf8), name: stream.name)
      }
    }
    let (near, far) = (try streams(0), try streams(5_400_000))
    let trained = try Self.trainer().train(far)
    #expect(trained.notes.contains { $0.contains("the channel still has one value") }, "\(trained.notes)")
    let model = try SeriesModel(trained.model.encoded())
    #expect(model.sampling.origins?.map { $0 > 5_399_000 } == [true, false, false])
    let moments = try model.embed(far[0])
    #expect(Set(moments.map(\.vector)).count == moments.count)
    let plain = try Self.trainer().train(near)
    #expect(plain.model.sampling.origins == nil)
    // What the front end sees is the same but for the level, which is counted from zero.
    let (a, b) = (plain.model.frontEnd, model.frontEnd)
    let (one, other) = (
      try a.features(of: a.sampling.pieces(of: near[0])[0], at: [100]),
      try b.features(of: b.sampling.pieces(of: far[0])[0], at: [100])
    )
    let same = zip(one, other).count { abs($0 - $1) < 0.01 }
    #expect(same > one.count * 9 / 10, "\(same) of \(one.count)")
    // A model of data near zero is none of data far from it.
    var further = Self.trainer()
    let path = NSTemporaryDirectory() + "likeness-series-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try plain.model.encoded().write(to: URL(fileURLWithPath: path))
    further.parent = try SeriesParent(contentsOf: path)
    let notes = try further.train(far).notes
    #expect(notes.contains { $0.contains("tells few of them apart") }, "\(notes)")
  }

  @Test("the dilated encoder learns, on any number of workers, and a moment's embedding does not depend on its company")
  func dilated() throws {
    let streams = try DrawnSeries.streams(subjects: 5, each: 1, seed: 10)
    let trained = try [1, 2].map { workers in
      try Self.trainer { ($0.workers, $0.settings.encoder) = (workers, .dilated) }.train(streams)
    }
    #expect(try trained[0].model.encoded() == trained[1].model.encoded())
    let losses = trained[0].epochs.compactMap(\.validationLoss)
    #expect(losses.count == 3)
    #expect(losses[2] < losses[0])
    let model = try SeriesModel(trained[0].model.encoded())
    #expect(model.span == 27)
    let moments = try model.embed(streams[0])
    #expect(moments.count == 171)
    for moment in [moments[0], moments[7], moments[90], moments[170]] {
      let alone = try model.embed(streams[0], at: moment.time).vector
      #expect(zip(alone, moment.vector).allSatisfy { abs($0 - $1) < 1e-5 })
      #expect(abs(moment.vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
    }
    // It sees what is beyond the windows of a moment: the same moment, with other things long before it.
    var values = streams[0].values
    for row in 0..<450 { values[2 * row] += 1 }
    let changed = try SeriesStream(
      name: "m0_0", channels: ["x", "y"], times: streams[0].times, values: values)
    #expect(try model.embed(changed)[95].vector != moments[95].vector)
    #expect(try model.embed(changed)[130].vector == moments[130].vector)
  }

  @Test("labels are never looked at")
  func blind() throws {
    let streams = try DrawnSeries.streams(subjects: 2, each: 1, seed: 3)
    let bare = try streams.map {
      try SeriesStream(name: $0.name, channels: $0.channels, times: $0.times, values: $0.values)
    }
    let trainer = Self.trainer { $0.settings.steps = 5 }
    #expect(try trainer.train(streams).model.encoded() == trainer.train(bare).model.encoded())
  }

  @Test("a model read from its bytes embeds to the bit what the trained one did; every vector has length 1")
  func file() throws {
    let streams = try DrawnSeries.streams(subjects: 2, each: 1, seed: 4)
    let trained = try Self.trainer { $0.settings.steps = 5 }.train(streams)
    let model = try SeriesModel(trained.model.encoded())
    let moments = try model.embed(streams[0])
    #expect(try moments == trained.model.embed(streams[0]))
    #expect(moments.map(\.time).prefix(3) == [500, 600, 700])
    for moment in moments {
      #expect(abs(moment.vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
    }
    #expect(try SeriesCard(of: model) == trained.card)
    #expect(throws: ModelFileError.self) { try SeriesModel(Data("no model".utf8)) }
  }

  @Test("the window at a time is the moment nearest to it; without a time it is the last")
  func times() throws {
    let stream = try DrawnSeries.streams(subjects: 1, each: 1, seed: 5)[0]
    let model = try Self.trainer { $0.settings.steps = 5 }.train([stream]).model
    let moments = try model.embed(stream)
    // A window alone, and among others: products of matrices of other sizes round otherwise on some processors.
    func expect(_ moment: SeriesModel.Moment, toBe other: SeriesModel.Moment) {
      #expect(moment.time == other.time)
      #expect(zip(moment.vector, other.vector).allSatisfy { abs($0 - $1) < 1e-5 })
    }
    expect(try model.embed(stream, at: 701), toBe: moments[2])
    #expect(try model.embed(stream, at: nil).time == 17_500)
    expect(try model.embed(stream, at: 0), toBe: moments[0])
    for time in [-5_000, 1e300, 40_000.0] {
      #expect(throws: SeriesError.self) { try model.embed(stream, at: time) }
    }
  }

  @Test("streams shorter than a window are left out and counted; nothing but such is an error in a sentence")
  func short() throws {
    let whole = try DrawnSeries.streams(subjects: 2, each: 1, seed: 6)
    let short = try SeriesStream(
      name: "s_short", channels: ["x", "y"], times: (0..<20).map { Double($0) * 20 },
      values: [Float](repeating: 1, count: 40))
    let trainer = Self.trainer { $0.settings.steps = 2 }
    let trained = try trainer.train(whole + [short])
    #expect(trained.notes.contains { $0.contains("s_short") })
    #expect(throws: SeriesError.self) { try trainer.train([short]) }
    #expect(throws: SeriesError.self) { try trained.model.embed(short) }
    #expect(throws: SeriesError.self) { try trainer.train([]) }
  }

  @Test("channels that not every stream has are left out and named")
  func channels() throws {
    var streams = try DrawnSeries.streams(subjects: 2, each: 1, seed: 7)
    let more = streams[0]
    var values: [Float] = []
    for row in 0..<more.times.count { values += [1, more.values[2 * row], more.values[2 * row + 1]] }
    streams.append(
      try SeriesStream(name: "m9_0", channels: ["z", "x", "y"], times: more.times, values: values))
    let trained = try Self.trainer { $0.settings.steps = 2 }.train(streams)
    #expect(trained.card.channels == ["x", "y"])
    #expect(trained.notes.contains { $0.contains("z") })
    #expect(try trained.model.embed(streams[2]) == trained.model.embed(streams[0]))
  }

  @Test("a minute that is over ends the training with a model")
  func minutes() throws {
    let streams = try DrawnSeries.streams(subjects: 2, each: 1, seed: 8)
    let trained = try Self.trainer { ($0.minutes, $0.settings.steps) = (1e-9, 100_000) }.train(streams)
    #expect(trained.epochs.count == 1)
    #expect(try trained.model.embed(streams[0]).count > 100)
  }

  @Test("settings out of range are named")
  func settings() throws {
    let streams = try DrawnSeries.streams(subjects: 1, each: 1, seed: 9)
    for change: (inout SeriesSettings) -> Void in [
      { $0.window = 3 }, { $0.hop = 51 }, { $0.dimension = 0 }, { $0.loss.temperature = .nan },
      { $0.loss.elsewhere = .nan }, { $0.peakRate = 2 },
      { $0.steps = 0 }, { $0.validationShare = 0.9 }, { $0.step = -1 }, { $0.loss.reach = 0 },
    ] {
      #expect(throws: TrainingError.self) { try Self.trainer { change(&$0.settings) }.train(streams) }
    }
  }
}
