import Foundation
import Images
import LikenessTraining
import Networks
import Testing

@Suite("The recipe for faces")
struct FaceRecipeTests {
  /// Pictures of a pattern an identity around the centre, or at the rim, and chance everywhere else.
  private final class Patterned {
    let path = NSTemporaryDirectory() + "likeness-recipe-" + UUID().uuidString

    init(width: Int, height: Int, people: Int = 8, pictures: Int = 4, isAtRim: Bool) throws {
      var chance = SeededRandom(seed: 5)
      for person in 0..<people {
        let home = "\(path)/p\(person)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        var own = SeededRandom(seed: UInt64(person))
        let pattern = (0..<100).map { _ in own.uniform(0, 255) }
        for picture in 0..<pictures {
          let pixels = (0..<width * height).map { index -> UInt8 in
            let (x, y) = (index % width, index / width)
            let isRim = min(x, width - 1 - x) * 100 < width * 12 || min(y, height - 1 - y) * 100 < height * 12
            let value = pattern[(y * 10 / height) * 10 + x * 10 / width]
            // Around the centre the pattern is faint beside the chance at the rim.
            let seen = isAtRim ? value : 128 + (value - 128) / 6
            return UInt8(isRim == isAtRim ? seen : chance.uniform(0, 255))
          }
          let bytes = Data("P5\n\(width) \(height)\n255\n".utf8) + Data(pixels)
          try bytes.write(to: URL(fileURLWithPath: "\(home)/\(picture).pgm"))
        }
      }
    }

    deinit {
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  @Test("the crop that is kept leaves out a background that tells nothing, and no rim that tells something")
  func crop() throws {
    let centred = try Patterned(width: 60, height: 60, isAtRim: false)
    let folder = try PictureFolder(path: centred.path)
    let kept = try CentralCrop.choose(for: folder, geometry: PictureGeometry(of: folder, pixels: 2_576))
    let rimmed = try Patterned(width: 60, height: 60, isAtRim: true)
    let other = try PictureFolder(path: rimmed.path)
    #expect(try CentralCrop.choose(for: other, geometry: PictureGeometry(of: other, pixels: 2_576)) == 1)
    #expect(kept <= 0.8)
  }

  @Test("the input keeps the pictures' aspect and area, with even sides")
  func geometry() throws {
    for (width, height, expected) in [(92, 112, [46, 56]), (60, 60, [50, 50])] {
      let pictures = try Patterned(width: width, height: height, people: 2, pictures: 2, isAtRim: false)
      let geometry = PictureGeometry(of: try PictureFolder(path: pictures.path), pixels: 46 * 56)
      #expect([geometry.width, geometry.height] == expected)
    }
  }

  @Test("two in five networks of few people are linear, and every network has its share of the dimension")
  func plans() throws {
    let pictures = try Patterned(width: 46, height: 56, isAtRim: false)
    let recipe = try FaceRecipe(folder: PictureFolder(path: pictures.path))
    #expect(!recipe.isLarge && recipe.members == 5 && recipe.framing == nil)
    let plans = try recipe.plans(members: 5, dimension: 16, configuration: recipe.configuration)
    #expect(plans.map { $0.architecture.layers.count > 3 } == [true, true, true, false, false])
    #expect(plans.allSatisfy { $0.architecture.outputShape == [16] })
  }

  @Test(
    "of many people all is shown that a portrait has room for, and is learned from as near as tells them apart best")
  func many() throws {
    let pictures = try Patterned(width: 60, height: 60, people: 100, pictures: 10, isAtRim: false)
    let recipe = try FaceRecipe(folder: PictureFolder(path: pictures.path))
    #expect(recipe.isLarge && recipe.preprocessing.centralFraction == 1 && recipe.preprocessing.shape == [2, 60, 50])
    #expect(recipe.nearest >= 1 / 0.8 && recipe.framing != nil)
    let augmentation = recipe.configuration.augmentation
    #expect(Double((1 + augmentation.scale) * (1 + augmentation.nearness)) > recipe.nearest)
    let views = recipe.viewChoices[0]
    #expect(views.count == 12 && views.filter(\.isMirrored).count == 6)
    #expect(views.allSatisfy { $0.magnification >= 1 && Double($0.magnification) <= recipe.nearest })

    let plans = try recipe.plans(members: 3, dimension: nil, configuration: recipe.configuration)
    #expect(plans.map(\.configuration.loss.kind) == [.triplet, .triplet, .arcFace])
    let one = try recipe.plans(members: 1, dimension: nil, configuration: recipe.configuration)
    #expect(one.map(\.configuration.loss.kind) == [.triplet])

    // What a model was made for stays when it is trained further.
    let cropped = try Preprocessing(
      colour: .grey, width: 50, height: 50, centralFraction: 0.7, framing: .fill,
      normalization: .standardizeWithLocalContrast)
    let further = try FaceRecipe(folder: PictureFolder(path: pictures.path), preprocessing: cropped)
    #expect(further.preprocessing == cropped && further.nearest < recipe.nearest)
  }

  @Test("a folder divided has every identity on one side, as many aside as asked for, the same for a seed")
  func divided() throws {
    let pictures = try Patterned(width: 20, height: 20, people: 9, pictures: 1, isAtRim: false)
    let folder = try PictureFolder(path: pictures.path)
    let (aside, rest) = folder.divided(settingAside: 3, seed: 3)
    #expect(aside.count == 3 && Set((aside + rest).map(\.name)) == Set(folder.identities.map(\.name)))
    #expect(folder.divided(settingAside: 3, seed: 3).aside == aside)
    #expect((4...8).contains { folder.divided(settingAside: 3, seed: $0).aside != aside })
    #expect(folder.divided(settingAside: 99, seed: 3).rest.isEmpty)
  }

  @Test("a dimension that cannot be shared out is refused by name")
  func dimension() throws {
    let pictures = try Patterned(width: 46, height: 56, isAtRim: false)
    var trainer = FaceTrainer()
    (trainer.members, trainer.dimension) = (3, 64)
    #expect(
      throws: TrainingError.badSetting(
        name: "dimension", reason: "64 cannot be shared out among 3 networks: use a multiple")
    ) { try trainer.train(PictureFolder(path: pictures.path)) }
  }
}
