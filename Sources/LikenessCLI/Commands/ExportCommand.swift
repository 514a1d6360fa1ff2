import ArgumentParser
import Likeness
import VectorFiles

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a gallery's vectors into a file: .npy, .fvecs, .csv, .jsonl, word2vec text, Projector .tsv.",
    discussion: """
      Only .jsonl holds everything of an embedding but the time of its enrolment; no format holds the attributes of \
      identities, identities without embeddings, or the metric: 'likeness backup' copies a gallery whole. Names go into \
      FILE's neighbour .names for .npy and .fvecs, the Projector's labels into metadata.tsv beside vectors.tsv. Values are read again as the same float32, bit for bit. \
      FILE may be a pipe, such as /dev/stdout, for all formats but npy; fvecs and projector then need --names.
      """)

  @OptionGroup var gallery: GalleryArgument

  @Argument(
    help: "The file to write; one of vectors that is there gives way when the new one is whole.", completion: .file())
  var file: String

  @Option(help: "The format: npy, fvecs, csv, jsonl, word2vec or projector; by default by the file's name.")
  var format: VectorFileFormat?

  @Option(help: "Where names, or the Projector's labels, go that the format has no place for.", completion: .file())
  var names: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if format == .bvecs { throw ValidationError("--format bvecs cannot hold float32 values: use fvecs.") }
  }

  func run() throws {
    let store = try gallery.openToLook()
    let bar = ProgressBar("Exporting", unit: "embeddings")
    let receipt = try store.exportVectors(to: file, format: format, names: names) { bar.update($0, of: $1) }
    bar.finish()
    let summary = Summary(
      gallery: gallery.path, file: file, names: receipt.names, exported: receipt.exported, leftOut: receipt.leftOut)
    // What goes to stdout is vectors then, and nothing else.
    let isAside = Console.isOutput(file)
    if output.json { return isAside ? Console.note(try Console.json(summary)) : try Console.printJSON(summary) }
    var text = "exported \(counted(summary.exported, "embedding")) to \(file)"
    if let names = summary.names { text += ", names in \(names)" }
    if summary.leftOut > 0 {
      text += "; left out \(counted(summary.leftOut, "damaged row")), see likeness info \(gallery.path)"
    }
    if isAside { Console.note(text) } else { Console.print(text) }
  }

  struct Summary: Encodable {
    var gallery: String
    var file: String
    var names: String?
    var exported: Int
    var leftOut: Int

    enum CodingKeys: String, CodingKey {
      case gallery, file, names, exported
      case leftOut = "left_out"
    }
  }
}
