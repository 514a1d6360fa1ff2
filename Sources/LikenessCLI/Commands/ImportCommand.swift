import ArgumentParser
import Foundation
import Likeness
import VectorFiles

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Enrolls the vectors of a file: .npy, .fvecs, .csv, .jsonl, word2vec or GloVe text.",
    discussion: """
      Makes the gallery and its embedder where they are not there yet. Lines of .jsonl are \
      {"identity":"ada","vector":[0.1,0.2],"source":"a.jpg","attributes":{}}, the last two optional; .csv has the columns \
      identity,v0,v1,…; .npy is [n, dimension]. Rows are stored in batches, each wholly or not at all; what was cut off \
      goes on with --resume. A row without a source of its own gets FILE, as it is written here, and its line, or its \
      row's number, as its source. --upsert goes by identity and source, letter by letter: the same relative path in \
      another working folder is the same source, and another spelling of it another one.
      """)

  @OptionGroup var gallery: GalleryArgument

  @Argument(help: "The file of vectors.", completion: .file())
  var file: String

  @Option(help: "The embedder that made the vectors; needed where the gallery has none yet.")
  var embedder: String?

  @Option(help: "How the vectors are compared: euclidean, cosine or dot. A new embedder's is euclidean by default.")
  var metric: Metric?

  @Option(
    help: "A file with one name a line, for .npy, .fvecs and .bvecs; else a row's number, from 0, is its name.",
    completion: .file())
  var names: String?

  @Option(help: "The file's format: npy, fvecs, bvecs, csv, jsonl or word2vec; by default by its name.")
  var format: VectorFileFormat?

  @Option(help: "Rows in a transaction; 10000 by default, and fewer of very long vectors.")
  var batch: Int?

  @Flag(help: "Go on behind the last batch of an import of this file that was cut off.")
  var resume = false

  @Flag(help: "Put rows in the place of embeddings that their identity has from the same source, as it is written.")
  var upsert = false

  @Flag(help: "Leave out rows at fault and name them, instead of stopping.")
  var skipBad = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let batch, batch < 1 { throw ValidationError("--batch must be 1 or more.") }
    if format == .projector { throw ValidationError("--format projector can only be exported.") }
  }

  func run() throws {
    var options = ImportOptions()
    options.embedder = embedder
    options.metric = metric
    options.format = format
    options.names = names
    options.batch = batch
    options.resumes = resume
    options.skipsBadRows = skipBad
    options.replacing = upsert ? .sameSource : .nothing

    let vectors = try VectorImport(file: file, options: options)
    let isThere = FileManager.default.fileExists(atPath: gallery.path)
    if !isThere, embedder == nil || vectors.dimension == nil {
      throw CommandFailure(
        vectors.dimension == nil
          ? "\(file): holds no vector, and \(gallery.path) is not there: name another file"
          : "\(gallery.path): is not there yet, and vectors belong to an embedder: say which made them, with --embedder NAME"
      )
    }
    let bar = ProgressBar("Importing", unit: "rows")
    let receipt: ImportReceipt
    do {
      receipt = try vectors.run(into: gallery.openOrCreate()) { progress in
        if let total = progress.totalRows {
          bar.update(progress.rows, of: total)
        } else if let total = progress.totalBytes {
          bar.update(progress.rows, share: total > 0 ? Double(progress.bytes) / Double(total) : 1)
        } else {
          bar.update(progress.rows, share: nil)
        }
      }
    } catch let error as ImportError {
      bar.finish()
      throw CommandFailure("\(error.description)\(Self.wayOut(error))")
    }
    bar.finish()
    let summary = Summary(gallery: gallery.path, file: file, receipt, isMetricGiven: metric != nil)
    if output.json { return try Console.printJSON(summary) }
    Console.print(summary.sentence)
  }

  private static func wayOut(_ error: ImportError) -> String {
    var ways: [String] = []
    if error.isRowFault { ways.append("leave such rows out with --skip-bad") }
    if error.enrolled > 0, error.canResume { ways.append("go on behind them with --resume") }
    return ways.isEmpty ? "" : ": " + ways.joined(separator: ", and ")
  }

  struct Summary: Encodable {
    struct LeftOut: Encodable {
      var place: String
      var reason: String
    }

    var gallery: String
    var file: String
    var enrolled: Int
    var replaced: Int
    var unchanged: Int
    var superseded: Int
    var metric: Metric
    var batches: Int
    var done: Int
    var leftOut: Int
    var leftOutRows: [LeftOut]
    var ignoredFields: [String]
    var notes: [String]

    enum CodingKeys: String, CodingKey {
      case gallery, file, enrolled, replaced, unchanged, superseded, metric, batches, notes
      case done = "done_before"
      case leftOut = "left_out"
      case leftOutRows = "left_out_rows"
      case ignoredFields = "ignored_fields"
    }

    init(gallery: String, file: String, _ receipt: ImportReceipt, isMetricGiven: Bool) {
      self.gallery = gallery
      self.file = file
      enrolled = receipt.enrolled
      replaced = receipt.replaced
      unchanged = receipt.unchanged
      superseded = receipt.superseded
      metric = receipt.metric
      batches = receipt.batches
      done = receipt.skippedAsDone
      leftOut = receipt.leftOutCount
      leftOutRows = receipt.leftOut.map { LeftOut(place: $0.place, reason: $0.reason) }
      ignoredFields = receipt.ignoredFields
      notes = []
      if receipt.isNewEmbedder, !isMetricGiven {
        notes.append("vectors of \(gallery) are compared by \(metric.rawValue): no --metric was given")
      }
      if receipt.enrolledAgain > 0 {
        notes.append(
          "\(file) was imported before, so that \(counted(receipt.enrolledAgain, "row")) of it may be there twice now: "
            + "--upsert puts rows in the place of those from the same source, --resume goes on behind what is there")
      }
      if let other = receipt.otherLabel {
        notes.append(
          "\(file) was imported as \(other) before: rows without a source of their own are known by that name, and only "
            + "an import under it replaces them")
      }
    }

    var sentence: String {
      var text =
        "enrolled \(counted(enrolled, "row")) of \(file) in \(gallery), in \(counted(batches, "batch", "batches"))"
      text += replacement(replaced: replaced, unchanged: unchanged)
      if superseded > 0 { text += "; \(counted(superseded, "row")) gave way to later ones of the same source" }
      if done > 0 { text += "; \(counted(done, "row")) had been dealt with before" }
      if !ignoredFields.isEmpty { text += "; passed over the fields \(ignoredFields.joined(separator: ", "))" }
      if leftOut > 0 {
        text += "; left out \(leftOut):"
        for row in leftOutRows { text += "\n  \(row.place): \(row.reason)" }
        if leftOut > leftOutRows.count { text += "\n  and \(leftOut - leftOutRows.count) more" }
      }
      for note in notes { text += "\nnote: \(note)" }
      return text
    }
  }
}

extension Metric: ExpressibleByArgument {}

extension VectorFileFormat: ExpressibleByArgument {}
