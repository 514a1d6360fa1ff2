import Foundation
import Testing

/// A training of each kind that takes a second or two, and what it is trained on.
enum TrainingKind: String, CaseIterable, CustomTestStringConvertible, Sendable {
  case faces, pictures, captions, series, words

  var testDescription: String { rawValue }

  /// Data in a folder, and the arguments of a training on them that writes `out`.
  final class Line: Sendable {
    let folder: TemporaryFolder
    private let faces: DrawnFaces?
    private let drawings: CaptionLineTests.Drawings?
    private let data: String
    private let kind: TrainingKind

    init(_ kind: TrainingKind) throws {
      self.kind = kind
      folder = try TemporaryFolder()
      var (faces, drawings): (DrawnFaces?, CaptionLineTests.Drawings?) = (nil, nil)
      switch kind {
      case .faces, .pictures:
        let drawn = try DrawnFaces(people: 10, pictures: 5, seed: 31)
        (faces, data) = (drawn, drawn.path)
      case .captions:
        let drawn = try CaptionLineTests.Drawings()
        (drawings, data) = (drawn, drawn.path)
      case .series:
        data = folder.path + "/streams"
        try SeriesLineTests.write(0..<6, to: data)
      case .words:
        data = folder.path + "/corpus.txt"
        let lines = (0..<6_000).map { line in
          let (who, what) = [("cat", "fish"), ("dog", "bones"), ("horse", "hay")][line % 3]
          let place = ["house", "garden", "street", "barn", "field"][line / 3 % 5]
          return "the \(who) in the \(place) eats \(what) and rests on day \(["one", "two", "four"][line % 7 % 3])"
        }
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: data))
      }
      (self.faces, self.drawings) = (faces, drawings)
    }

    /// A path in the folder.
    func path(_ name: String) -> String { folder.path + "/" + name }

    func arguments(_ out: String, threads: Int = 2, seed: Int = 5) -> [String] {
      ["train", kind.rawValue, "--data", data, "--out", out, "--seed", "\(seed)", "--threads", "\(threads)", "--json"]
        + kind.settings
    }
  }

  private var settings: [String] {
    switch self {
    case .faces: ["--dimension", "32", "--networks", "2", "--epochs", "5"]
    case .pictures: ["--dimension", "16", "--networks", "1", "--epochs", "1"]
    case .captions: ["--dimension", "16", "--towers", "2", "--epochs", "2", "--batch", "12"]
    case .series: ["--dimension", "16", "--epochs", "6"]
    case .words:
      ["--deterministic", "--dimension", "8", "--subsample", "0", "--epochs", "4", "--gap-epochs", "3"]
    }
  }
}
