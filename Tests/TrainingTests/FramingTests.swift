import Foundation
import Images
import LikenessTraining
import Networks
import Testing

@Suite("Framing learned without labels")
struct FramingTests {
  private static let preprocessing = Result {
    try Preprocessing(colour: .grey, width: 20, height: 24, framing: .fill, normalization: .standardize)
  }

  /// A dark oval with two bright eyes in the middle of uneven ground, a little different in every picture.
  private static func picture(_ chance: inout SeededRandom, size: Double = 1, x: Double = 0, y: Double = 0) throws
    -> Picture
  {
    let (width, height) = (60, 72)
    let (ground, slope, eyes) = (chance.uniform(150, 200), chance.uniform(-30, 30), chance.uniform(0.3, 0.4))
    let pixels = (0..<width * height).map { index -> UInt8 in
      // In the picture's usual part, whose sides are `size` of it.
      let u = ((Double(index % width) + 0.5) / Double(width) - 0.5 - x) / size
      let v = ((Double(index / width) + 0.5) / Double(height) - 0.5 - y) / size
      let isFace = u * u / 0.09 + v * v / 0.16 < 1
      let isEye = (abs(u) - eyes / 2) * (abs(u) - eyes / 2) + (v + 0.1) * (v + 0.1) < 0.003
      return UInt8(min(max(isEye ? 230 : isFace ? 60 : ground + slope * u, 0), 255))
    }
    return try Picture(width: width, height: height, channels: 1, pixels: pixels)
  }

  private static func inputs(_ count: Int = 60) throws -> LabelledInputs {
    var chance = SeededRandom(seed: 4)
    let preprocessing = try preprocessing.get()
    let values = try (0..<count).flatMap { _ in preprocessing.unnormalized.prepare(try picture(&chance)) }
    return LabelledInputs(
      preprocessing: preprocessing, values: values, labels: (0..<count).map { $0 / 4 },
      names: (0...count / 4).map { "p\($0)" })
  }

  private static func settings(_ steps: Int) -> FramingSettings {
    var settings = FramingSettings()
    (settings.steps, settings.batch) = (steps, 32)
    return settings
  }

  @Test("faces that are smaller and elsewhere are found, faces that are framed as usual are left where they are")
  func finds() throws {
    let framing = try FramingTrainer(settings: Self.settings(250), seed: 1).train(Self.inputs())
    let preprocessing = try Self.preprocessing.get()
    var chance = SeededRandom(seed: 77)
    for (size, x, y) in [(1.0, 0.0, 0.0), (0.65, 0, 0), (0.7, 0.1, -0.08), (0.85, -0.1, 0.1), (1, 0.08, 0)] {
      let picture = try Self.picture(&chance, size: size, x: x, y: y)
      let place = framing.find {
        preprocessing.prepare(picture, through: .init(size: $0.size, x: $0.x, y: $0.y))
      }
      #expect(abs(place.logSize - log(size)) < 0.12, "\(size): \(place)")
      #expect(abs(place.x - x) < 0.05 && abs(place.y - y) < 0.05, "\(x), \(y): \(place)")
    }
  }

  @Test("the same seed gives the same network, bit for bit, on 1, 2 and 3 workers; another seed gives another")
  func deterministic() throws {
    let inputs = try Self.inputs(20)
    func weights(workers: Int, seed: UInt64 = 1) throws -> [String: Tensor] {
      try FramingTrainer(settings: Self.settings(4), seed: seed, workers: workers).train(inputs).network.weights
    }
    let one = try weights(workers: 1)
    #expect(try weights(workers: 2) == one)
    #expect(try weights(workers: 3) == one)
    #expect(try weights(workers: 2, seed: 2) != one)
  }

  /// A folder of people who look alike.
  private final class Portraits {
    let path = NSTemporaryDirectory() + "likeness-framing-" + UUID().uuidString

    init() throws {
      var chance = SeededRandom(seed: 4)
      for person in 0..<8 {
        let home = "\(path)/p\(person)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        for number in 0..<6 {
          let picture = try FramingTests.picture(&chance)
          let bytes = Data("P5\n\(picture.width) \(picture.height)\n255\n".utf8) + Data(picture.pixels)
          try bytes.write(to: URL(fileURLWithPath: "\(home)/\(number).pgm"))
        }
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  @Test("a recipe that asks for framing leaves it in the model, the same on 1 and 2 workers; a child has its parent's")
  func endToEnd() throws {
    let portraits = try Portraits()
    let folder = try PictureFolder(path: portraits.path)
    func train(workers: Int, parent: ParentModel? = nil) throws -> TrainedEmbedder {
      var trainer = FolderTrainer<FramedRecipe>()
      (trainer.workers, trainer.parent) = (workers, parent)
      return try trainer.train(folder)
    }
    let trained = try train(workers: 1)
    let model = try trained.file()
    #expect(try train(workers: 2).file() == model)
    #expect(trained.card.framing == Self.settings(120))
    #expect(try EmbeddingModel(model).framing?.network == trained.model.network.framing?.network)

    // Framed more loosely it is nearly the picture that it was; without the network it is another.
    var (chance, again) = (SeededRandom(seed: 5), SeededRandom(seed: 5))
    let (usual, loose) = (try Self.picture(&chance), try Self.picture(&again, size: 0.6))
    let preprocessing = trained.model.preprocessing
    let framing = try #require(trained.model.network.framing)
    let place = framing.find { preprocessing.prepare(loose, through: .init(size: $0.size, x: $0.x, y: $0.y)) }
    func difference(_ window: Preprocessing.Window) -> Float {
      zip(preprocessing.prepare(usual), preprocessing.prepare(loose, through: window)).reduce(0) {
        $0 + abs($1.0 - $1.1)
      }
    }
    #expect(difference(.init(size: place.size, x: place.x, y: place.y)) < difference(.usual) / 2)

    // What a report shows of it is what the networks see.
    let file = portraits.path + "/loose.pgm"
    try (Data("P5\n\(loose.width) \(loose.height)\n255\n".utf8) + Data(loose.pixels))
      .write(to: URL(fileURLWithPath: file))
    let seen = try trained.model.seen(file)
    let values = preprocessing.unnormalized.prepare(loose, through: .init(size: place.size, x: place.x, y: place.y))
    #expect([seen.channels, seen.height, seen.width] == preprocessing.unnormalized.shape)
    #expect(zip(seen.pixels, values).allSatisfy { abs(Float($0) / 255 - $1) <= 0.5 / 255 + 1e-5 })
    try FileManager.default.removeItem(atPath: file)

    let path = portraits.path + ".model"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.write(to: URL(fileURLWithPath: path))
    let child = try train(workers: 2, parent: ParentModel(contentsOf: path))
    #expect(child.model.network.framing?.network == framing.network)
    #expect(child.card.framing == nil && child.card.parent?.kept.contains("framing") == true)
  }

  @Test("what there was no time to learn of framing is said in the card")
  func noTime() throws {
    let portraits = try Portraits()
    var trainer = FolderTrainer<FramedRecipe>()
    trainer.seconds = 2
    let trained = try trainer.train(PictureFolder(path: portraits.path))
    #expect(trained.card.framing == nil && trained.model.network.framing == nil)
    #expect(trained.card.notes?.contains { $0.contains("how pictures are framed was not learned") } == true)
  }

  /// A small recipe that learns how pictures are framed.
  private struct FramedRecipe: FolderRecipe {
    static let name = "faces"
    let preprocessing: Preprocessing
    let members = 1
    let keepsScout = true
    let viewChoices: [[View]] = [[.straight, .mirrored]]

    init(folder: PictureFolder, preprocessing: Preprocessing?) throws {
      self.preprocessing = try preprocessing ?? FramingTests.preprocessing.get()
    }

    var framing: FramingSettings? { FramingTests.settings(120) }

    var configuration: TrainingConfiguration {
      var configuration = TrainingConfiguration()
      (configuration.steps, configuration.stepsPerEpoch) = (6, 3)
      (configuration.identitiesPerBatch, configuration.inputsPerIdentity) = (4, 2)
      configuration.validationShare = 0.25
      return configuration
    }

    func plans(
      members: Int, dimension: Int?, configuration: TrainingConfiguration
    ) throws -> [CommitteeTrainer.Plan] {
      let architecture = try Architecture(
        input: preprocessing.shape, layers: [.flatten, .linear(outputs: 8, bias: false), .l2Normalization])
      return [.init(architecture: architecture, configuration: configuration)]
    }
  }
}
