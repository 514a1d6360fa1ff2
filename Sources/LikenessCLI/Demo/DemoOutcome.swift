import Foundation
import Likeness
import LikenessTraining

/// Everything a demo found out, for the terminal and for the report.
struct DemoOutcome {
  /// A probe and what the gallery answered.
  struct Asked {
    var probe: String
    var identity: String
    var answer: Answer

    var isRight: Bool { answer.candidates.first?.identity == identity }

    /// How much farther the second candidate is than the first.
    var margin: Float {
      let distances = answer.candidates.prefix(2).map(\.distance)
      return distances.count == 2 ? distances[1] - distances[0] : .infinity
    }
  }

  /// Pictures of people that the embedder never saw, as one method of embedding tells them apart.
  struct Measured {
    var name: String
    var report: IdentificationReport
  }

  var faces: String
  var out: String
  var trainedPeople: Int
  var trainedPictures: Int
  var seconds: Double
  var training: TrainedEmbedder
  var asked: [Asked]
  /// The trained embedder first, baselines after.
  var measured: [Measured]
  var info: GalleryInfo

  var right: Int { asked.filter(\.isRight).count }

  /// What `demo --json` prints.
  struct Summary: Encodable {
    var model: String
    var gallery: String
    var report: String
    var trainedIdentities: Int
    var enrolledIdentities: Int
    var enrolledEmbeddings: Int
    var probes: Int
    var right: Int
    var seconds: Double
    var figures: [String: IdentificationReport]

    enum CodingKeys: String, CodingKey {
      case model, gallery, report, probes, right, seconds, figures
      case trainedIdentities = "trained_identities"
      case enrolledIdentities = "enrolled_identities"
      case enrolledEmbeddings = "enrolled_embeddings"
    }
  }

  var summary: Summary {
    Summary(
      model: modelPath, gallery: galleryPath, report: reportPath, trainedIdentities: trainedPeople,
      enrolledIdentities: info.identities, enrolledEmbeddings: info.embeddings, probes: asked.count, right: right,
      seconds: seconds, figures: Dictionary(uniqueKeysWithValues: measured.map { ($0.name, $0.report) }))
  }

  var modelPath: String { "\(out)/faces.model" }
  var galleryPath: String { "\(out)/gallery.db" }
  var reportPath: String { "\(out)/report.html" }

  /// What the demo prints.
  var text: String {
    var table = TextTable([
      ("probe", .left), ("1st candidate", .left), ("distance", .right), ("2nd", .left), ("distance", .right),
      ("3rd", .left), ("distance", .right), ("", .left),
    ])
    for one in asked {
      var cells = [one.probe]
      for rank in 0..<3 {
        let candidate = rank < one.answer.candidates.count ? one.answer.candidates[rank] : nil
        cells.append(candidate?.identity ?? "")
        cells.append(candidate.map { String(format: "%.3f", $0.distance) } ?? "")
      }
      table.append(cells + [one.isRight ? "right" : "WRONG"])
    }
    return """
      \(table.text)

      CANDIDATES are leads for a person to review, never identifications.
      \(right) of \(asked.count) probes found their person first, among \(info.identities) people whom the embedder never saw
      (\(info.embeddings) embeddings; trained on \(trainedPictures) pictures of \(trainedPeople) other people, \
      \(String(format: "%.0f", seconds)) s in all).

      \(IdentificationReport.table(measured.map { ($0.name, $0.report) }))

      The report with the pictures: \(reportPath)

      Try next:
        \(Self.command) query \(galleryPath) \(exampleProbe) -k 3
        \(Self.command) forget \(galleryPath) \(asked.first?.identity ?? "NAME")
        sqlite3 \(galleryPath) 'SELECT * FROM identities ORDER BY embeddings DESC LIMIT 5'
      """
  }

  private var exampleProbe: String { asked.first?.probe ?? "\(faces)/PICTURE" }

  /// The command as a reader would type it here.
  private static var command: String {
    let invoked = CommandLine.arguments.first ?? "likeness"
    return invoked.contains("/") ? invoked : "likeness"
  }
}
