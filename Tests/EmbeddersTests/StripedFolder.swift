import Foundation

/// Pictures of stripes, a direction an identity, as a folder of folders of PGM files that goes when nobody needs it.
final class StripedFolder: Sendable {
  let path: String
  static let side = 32

  init(identities: Int, pictures: Int, first: Int = 0) throws {
    path = NSTemporaryDirectory() + "likeness-stripes-" + UUID().uuidString
    for identity in first..<first + identities {
      let home = "\(path)/who\(identity)"
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
      for picture in 0..<pictures {
        let angle = Double(identity) * 0.7
        let pixels = (0..<Self.side * Self.side).map { index -> UInt8 in
          let (x, y) = (Double(index % Self.side), Double(index / Self.side))
          let wave = sin((x * cos(angle) + y * sin(angle)) * (0.3 + 0.05 * Double(identity)) + Double(picture))
          return UInt8(120 + 90 * wave)
        }
        let bytes = Data("P5\n\(Self.side) \(Self.side)\n255\n".utf8) + Data(pixels)
        try bytes.write(to: URL(fileURLWithPath: "\(home)/\(picture).pgm"))
      }
    }
  }

  func picture(_ identity: Int, _ picture: Int) -> String { "\(path)/who\(identity)/\(picture).pgm" }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
