import Foundation
import Seeded

/// Faces drawn from a seed, a folder a person, as PGM files: enough alike and enough different to learn from.
struct DrawnFaces {
  let folder: TemporaryFolder
  let people: [String]

  var path: String { folder.path }

  /// Draws `people` persons with `pictures` pictures each.
  init(people count: Int, pictures: Int, seed: UInt64, prefix: String = "person") throws {
    folder = try TemporaryFolder()
    people = (1...count).map { "\(prefix)\($0)" }
    var random = Seeded(seed)
    for name in people {
      let person = Person(random: &random)
      let home = folder.path + "/" + name
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
      for picture in 1...pictures {
        let bytes = Data("P5\n\(Self.width) \(Self.height)\n255\n".utf8) + Data(person.pixels(random: &random))
        try bytes.write(to: URL(fileURLWithPath: "\(home)/\(picture).pgm"))
      }
    }
  }

  func picture(_ person: Int, _ picture: Int) -> String {
    "\(folder.path)/\(people[person])/\(picture).pgm"
  }

  func person(_ person: Int) -> String {
    "\(folder.path)/\(people[person])"
  }

  static let width = 46
  static let height = 56

  /// A head, two eyes and a mouth, each with its own measures.
  private struct Person {
    let skin, hair, eyeLevel, eyeGap, eyeSize, mouthLevel, mouthWidth, headWidth: Double

    init(random: inout Seeded) {
      skin = random.uniform(120, 220)
      hair = random.uniform(10, 90)
      eyeLevel = random.uniform(0.35, 0.5)
      eyeGap = random.uniform(0.12, 0.24)
      eyeSize = random.uniform(0.03, 0.07)
      mouthLevel = random.uniform(0.66, 0.8)
      mouthWidth = random.uniform(0.08, 0.22)
      headWidth = random.uniform(0.3, 0.44)
    }

    func pixels(random: inout Seeded) -> [UInt8] {
      let dx = random.uniform(-0.03, 0.03)
      let dy = random.uniform(-0.03, 0.03)
      let light = random.uniform(0.9, 1.1)
      var pixels: [UInt8] = []
      for row in 0..<DrawnFaces.height {
        for column in 0..<DrawnFaces.width {
          let x = (Double(column) + 0.5) / Double(DrawnFaces.width) - 0.5 - dx
          let y = (Double(row) + 0.5) / Double(DrawnFaces.height) - dy
          let value = shade(x, y) * light + random.uniform(-6, 6)
          pixels.append(UInt8(max(0, min(255, value))))
        }
      }
      return pixels
    }

    private func shade(_ x: Double, _ y: Double) -> Double {
      let isHead = (x / headWidth) * (x / headWidth) + ((y - 0.55) / 0.42) * ((y - 0.55) / 0.42) < 1
      guard isHead else { return 30 }
      if y < 0.25 { return hair }
      let eye = min(abs(x - eyeGap), abs(x + eyeGap))
      if eye < eyeSize, abs(y - eyeLevel) < eyeSize * 0.7 { return 20 }
      if abs(x) < mouthWidth, abs(y - mouthLevel) < 0.025 { return 60 }
      return skin
    }
  }
}

extension Seeded {
  mutating func uniform(_ low: Double, _ high: Double) -> Double {
    Double.random(in: low..<high, using: &self)
  }
}
