import ArgumentParser
import Foundation
import Likeness
import LikenessEmbedders

struct EnrollCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enroll",
    abstract: "Embeds inputs and stores them under identities.",
    discussion: """
      A folder of folders enrolls an identity per folder; a folder of pictures, or pictures, belong to one identity: \
      the folder's name, or the name given with --as. All pictures of a call are enrolled, or none. A picture that its \
      identity already has (the same bytes) is not enrolled twice.

      With a model of captions a picture in no folder of a folder is an identity of its own, named as its file; the \
      lines of a .txt file, and the captions of a .tsv list, are sentences, an identity each.

      A model of words enrolls its vocabulary, an identity a word: give no path. A model of series enrolls the moments \
      of CSV files, an identity a stream, called as its file, or all under the name given with --as; where files of \
      different folders have one name, by folder and name (left/s01).
      """)

  @OptionGroup var gallery: GalleryArgument

  @Argument(
    help: "Pictures, folders of pictures, or folders of folders; CSV files or folders of them.", completion: .file())
  var paths: [String] = []

  @Option(name: .customLong("as"), help: "The identity that all inputs belong to.")
  var name: String?

  @Option(help: "The model file; needed once, after that the gallery holds it.", completion: .file())
  var model: String?

  @Flag(help: "Leave out pictures that cannot be read, and count them, instead of stopping.")
  var skipBroken = false

  @Flag(help: "Put pictures in the place of those that their identity has from the same path, as it is written.")
  var replace = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let given = try model.map { try ModelFile(path: $0).makeEmbedder() }
    let opened = try given == nil ? gallery.open() : nil
    let embedder = try given ?? opened.map { try $0.storedEmbedder() }
    guard let embedder else { return }
    let source = try Kinds.kind(of: embedder)
      .source(EnrollmentRequest(paths: paths, name: name, skipsBroken: skipBroken, replaces: replace))
    let store = try opened ?? gallery.openOrCreate()
    try store.attach(embedder)

    let bar = ProgressBar("Embedding", unit: source.noun.many)
    let batch = try source.batch(for: store) { done, total in bar.update(done, of: total) }
    let receipt = replace ? try store.upsert(batch.enrollments) : nil
    if receipt == nil { try store.enroll(batch.enrollments) }
    bar.finish()

    let summary = Summary(
      gallery: gallery.path, embedder: embedder.specification.name,
      enrolled: receipt?.enrolled ?? batch.enrollments.count,
      replaced: receipt?.replaced ?? 0, unchanged: receipt?.unchanged ?? 0,
      identities: Set(batch.enrollments.map(\.identity)).count, alreadyEnrolled: batch.alreadyEnrolled,
      skipped: batch.skipped, notes: batch.notes)
    if output.json {
      try Console.printJSON(summary)
    } else {
      Console.print(summary.sentence(source.noun))
    }
  }

  struct Summary: Encodable {
    var gallery: String
    var embedder: String
    var enrolled: Int
    var replaced: Int
    var unchanged: Int
    var identities: Int
    var alreadyEnrolled: Int
    var skipped: [EnrollmentBatch.Skipped]
    var notes: [String]

    enum CodingKeys: String, CodingKey {
      case gallery, embedder, enrolled, replaced, unchanged, identities, skipped, notes
      case alreadyEnrolled = "already_enrolled"
    }

    func sentence(_ noun: (one: String, many: String)) -> String {
      var text =
        "enrolled \(counted(enrolled, noun.one, noun.many)) of \(counted(identities, "identity", "identities")) in "
        + gallery
      text += replacement(replaced: replaced, unchanged: unchanged)
      if alreadyEnrolled > 0 { text += "; \(alreadyEnrolled) there already" }
      if !skipped.isEmpty {
        text += "; left out \(skipped.count):"
        for one in skipped { text += "\n  \(one.path): \(one.reason)" }
      }
      return ([text] + notes.map { "note: \($0)" }).joined(separator: "\n")
    }
  }
}
