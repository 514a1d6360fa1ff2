import ArgumentParser
import Digests
import Files
import Foundation
import Likeness
import LikenessEmbedders
import LikenessTraining
import Networks

/// Models that embed the moments of series: identities are streams, probes are windows of CSV files, the evaluation is a
/// linear probe on few labels.
struct SeriesKind: Kind {
  let inputs = "series"
  let embedder: SeriesEmbedder

  init?(_ embedder: any Embedder) {
    guard let embedder = embedder as? SeriesEmbedder else { return nil }
    self.embedder = embedder
  }

  func source(_ request: EnrollmentRequest) throws -> any EnrollmentSource {
    guard !request.paths.isEmpty else {
      throw ValidationError("Name CSV files, or folders of them: an identity a stream, or all under --as NAME.")
    }
    let files = try request.paths.flatMap { path -> [String] in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw CommandFailure("\(path): there is no such file or folder: check the path")
      }
      return isFolder.boolValue ? try SeriesFolder(path: path).files : [path]
    }
    return SeriesSource(
      files: files, name: request.name, embedder: embedder, skipsBroken: request.skipsBroken,
      replaces: request.replaces)
  }

  func answer(_ text: String, _ request: QueryRequest, from gallery: Gallery) throws -> Answer {
    guard FileManager.default.fileExists(atPath: text) else {
      throw CommandFailure("\(text): there is no such file: give a CSV file, vector:…, id:… or @file.npy")
    }
    let moment = try embedder.embed(.file(path: text), at: request.series.at)
    var answer = try request.ask(gallery, .vector(moment.vector))
    let own = "the probe is the window around \(SeriesSource.stamp(moment.time)); a source says when its window was"
    answer.note = [own, answer.note].compactMap { $0 }.joined(separator: "; ")
    return answer
  }

  func evaluate(_ request: EvaluationRequest) throws -> any EvaluationOutcome {
    guard let labelled = request.series.labelled else {
      throw ValidationError("A model of series is measured by a probe that needs labels: say --labelled FOLDER.")
    }
    var skipped: [EnrollmentBatch.Skipped] = []
    func streams(_ path: String) throws -> [SeriesStream] {
      let folder = try SeriesFolder(path: path)
      guard request.skipsBroken else { return try folder.streams() }
      let read = try folder.readableStreams()
      skipped += read.skipped.map { .init(path: $0.path, reason: $0.reason) }
      return read.streams
    }
    let (test, known) = (try streams(request.data), try streams(labelled))
    var evaluation = SeriesEvaluation()
    evaluation.seed = request.seed
    let bar = ProgressBar("Probing", unit: "probes")
    var report = try evaluation.evaluate(embedder.model, on: test, labelled: known) { bar.update($0, of: $1) }
    bar.finish()
    if let note = TrainedIdentities(card: embedder.specification.card)?.note(
      of: test.map(\.subject), files: try SeriesFolder(path: request.data).files,
      nouns: .init(names: "subjects", files: "files", unseen: "subjects never seen"))
    {
      report.notes.insert(note, at: 0)
    }
    return SeriesOutcome(report: report, skipped: skipped)
  }
}

/// The moments of the streams that an `enroll` call names.
private struct SeriesSource: EnrollmentSource {
  let noun = (one: "moment", many: "moments")
  let files: [String]
  let name: String?
  let embedder: SeriesEmbedder
  /// Whether a file that cannot be used is left out, or ends it all.
  let skipsBroken: Bool
  /// Whether moments take the place of those from the same file and time.
  let replaces: Bool

  func batch(for gallery: Gallery, progress: (Int, Int) -> Void) throws -> EnrollmentBatch {
    var batch = EnrollmentBatch()
    var replaced: [(identity: String, source: String)] = []
    if replaces, let name { replaced = files.map { (name, $0) } }
    var known = KnownSources(gallery: gallery, replaced: replaced, input: StreamIdentities.file(ofSource:))
    var identities = StreamIdentities(files: files, gallery: gallery)
    for (number, file) in files.enumerated() {
      do {
        guard let bytes = FileContents.of(file) else {
          throw SeriesError(file, "cannot be read: check its rights")
        }
        let stem = StreamIdentities.name(of: file)
        let stream = try SeriesStream(csv: bytes, name: stem, path: file)
        let moments = try embedder.model.embed(stream)
        let digest = Digest.of(bytes)
        let (identity, hasIt) =
          try name.map { ($0, try known.contains(digest, of: $0, from: file)) }
          ?? identities.identity(of: file, digest: digest)
        if hasIt {
          batch.alreadyEnrolled += moments.count
        } else {
          for moment in moments {
            batch.enrollments.append(
              Enrollment(
                identity: identity, vector: moment.vector, source: "\(file) \(Self.stamp(moment.time))",
                sourceSHA256: digest,
                attributes: ["stream": .string(stem), "t_ms": Self.number(moment.time)]))
          }
        }
      } catch let error as SeriesError {
        guard skipsBroken else {
          throw CommandFailure(
            "\(file): \(error.reason): mend it, or leave such files out with --skip-broken; nothing was enrolled")
        }
        batch.skipped.append(.init(path: file, reason: error.reason))
      }
      progress(number + 1, files.count)
    }
    if !identities.byFolder.isEmpty {
      let names = identities.byFolder.sorted()
      batch.notes.append(
        "streams of one name in different folders are identities of their own: "
          + names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) others" : "")
          + " (--as NAME makes them one)")
    }
    return batch
  }

  /// A time as sources and notes say it: `t_ms=5500`.
  static func stamp(_ time: Double) -> String {
    switch number(time) {
    case .integer(let whole): "t_ms=\(whole)"
    default: "t_ms=\(time)"
    }
  }

  /// Whole milliseconds as a whole number.
  private static func number(_ time: Double) -> JSONValue {
    let thousandths = (time * 1000).rounded() / 1000
    return Int64(exactly: thousandths).map { .integer($0) } ?? .number(thousandths)
  }
}

/// The report of a linear probe.
private struct SeriesOutcome: EvaluationOutcome {
  let report: SeriesEvaluation.Report
  let skipped: [EnrollmentBatch.Skipped]

  private enum CodingKeys: String, CodingKey {
    case skipped
  }

  func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(skipped, forKey: .skipped)
  }

  var text: String {
    var lines = [
      "A linear probe with few labels: \(report.labelledFrames) frames to draw labels from, \(report.frames) frames of "
        + "\(counted(report.subjects, "subject")) to predict, \(report.labels.count) labels.",
      "Accuracy (macro-F1) with this share of the frames labelled, and of whole recordings:",
    ]
    let shares = report.probe.keys.compactMap { Int($0) }.sorted()
    let whole = report.recordings.probe.keys.compactMap { Int($0) }.sorted()
    var table = TextTable(
      [("", .left)] + shares.map { ("\($0) %", .right) } + whole.map { ("\($0) % recordings", .right) })
    func append(_ name: String, _ frames: SeriesEvaluation.Shares, _ recordings: SeriesEvaluation.Shares) {
      func cells(_ keys: [Int], _ figures: SeriesEvaluation.Shares) -> [String] {
        keys.map { key in
          figures["\(key)"].map { String(format: "%.3f (%.3f)", $0.accuracy, $0.macroF1) } ?? ""
        }
      }
      table.append([name] + cells(shares, frames) + cells(whole, recordings))
    }
    append("this model", report.probe, report.recordings.probe)
    for (name, figures) in report.baselines.sorted(by: { $0.key < $1.key }) {
      append(name, figures, report.recordings.baselines[name] ?? [:])
    }
    lines.append(table.text)
    let left = skipped.isEmpty ? [] : ["left out \(counted(skipped.count, "file")) that cannot be read"]
    return (lines + report.notes + left).joined(separator: "\n")
  }
}
