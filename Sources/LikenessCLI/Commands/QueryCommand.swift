import ArgumentParser
import Foundation
import Likeness
import LikenessEmbedders

struct QueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Asks a gallery who a probe is most like.",
    discussion: """
      A probe is a picture, 'vector:0.1,0.2,…', 'id:123' (an enrolled embedding), or '@file.npy' (one vector); where \
      the gallery's model embeds captions, any sentence; where it embeds words, a word, or a sum such as \
      'king - man + woman'; where it embeds series, a CSV file: its last window, or with --at the one around that time. \
      Candidates are leads for a person to review, never identifications.
      """)

  @OptionGroup var gallery: GalleryArgument

  @Argument(help: "A picture, a word, a sentence, a CSV file, vector:…, id:… or @file.npy.", completion: .file())
  var probe: String?

  @Option(name: .customShort("k"), help: "How many candidates.")
  var k = 5

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "No candidate farther than this; below 0 for the metric dot, in which near is negative.", valueName: "distance"))
  var maxDistance: Float?

  @Option(help: "One candidate an identity (its nearest embedding), or every embedding.")
  var by = Grouping.identity

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      "Only candidates that meet this SQL condition on the columns of identity and embedding.", valueName: "SQL"))
  var condition: String?

  @Option(
    help: """
      How widely the graph is searched; more finds more of the true nearest, slower. Default: as measured on the gallery's own \
      vectors to find 95 of a hundred.
      """)
  var ef: Int?

  @Option(
    help: ArgumentHelp(
      "Instead of --ef, the share of the true nearest to be found, averaged over probes that are like the gallery's vectors.",
      valueName: "0…1"))
  var recall: Double?

  @OptionGroup var words: WordQueryOptions

  @OptionGroup var series: SeriesQueryOptions

  @OptionGroup var index: IndexOptions

  @OptionGroup var output: OutputOptions

  enum Grouping: String, ExpressibleByArgument, CaseIterable {
    case identity
    case embedding
  }

  func validate() throws {
    guard (probe != nil) != (words.fill != nil) else {
      throw ValidationError("Give one probe: a picture, a word, vector:…, id:…, @file.npy, or --fill SENTENCE.")
    }
    guard k >= 1 else { throw ValidationError("-k must be at least 1.") }
    if let ef, ef < 1 { throw ValidationError("--ef must be at least 1.") }
    if let recall, !(0...1).contains(recall) { throw ValidationError("--recall must be from 0 to 1.") }
    if ef != nil, recall != nil { throw ValidationError("--ef and --recall say the same thing: give one of them.") }
    if let maxDistance, !maxDistance.isFinite { throw ValidationError("--max-distance must be a number.") }
  }

  func run() throws {
    let store = try gallery.open(index)
    if let maxDistance, maxDistance < 0, let metric = try store.embedder?.metric, metric != .dot {
      throw ValidationError("--max-distance must be at least 0, as every \(metric.rawValue) distance is.")
    }
    let request = QueryRequest(
      k: k, grouping: by == .identity ? .identity : .embedding, condition: condition, maxDistance: maxDistance, ef: ef,
      recall: recall, words: words, series: series)
    let text = probe ?? words.fill ?? ""
    let answer: Answer
    var doubt: String?
    switch try words.fill == nil ? ProbeArgument(text) : .input(text) {
    case .given(let probe):
      if let flag = (words.given + series.given).first {
        throw ValidationError("\(flag) is for probes that the gallery's model embeds, not for vectors: leave it out.")
      }
      answer = try request.ask(store, probe)
    case .input(let text):
      let embedder = try store.storedEmbedder()
      let kind = try Kinds.kind(of: embedder, options: words, series)
      try store.attach(embedder)
      doubt = kind.doubt(about: text)
      if let doubt { Console.note("note: \(doubt)") }
      answer = try kind.answer(text, request, from: store)
    }
    if output.json {
      try Console.printJSON(ProbedAnswer(probe: text, answer: answer, doubt: doubt))
    } else {
      Console.print(AnswerText(probe: text, answer: answer).text)
    }
  }
}

/// An answer with the probe it answers, as `query --json` prints it.
private struct ProbedAnswer: Encodable {
  var probe: String
  var answer: Answer
  /// How the probe was taken, where it may have been meant otherwise; said before the answer's own note.
  var doubt: String?

  enum CodingKeys: String, CodingKey {
    case probe
  }

  func encode(to encoder: any Encoder) throws {
    var answer = answer
    answer.note = doubt.map { [$0, answer.note].compactMap { $0 }.joined(separator: "; ") } ?? answer.note
    try answer.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(probe, forKey: .probe)
  }
}

/// An answer for reading in a terminal.
private struct AnswerText {
  let probe: String
  let answer: Answer

  /// A distance with four decimals, or, where these would hide it, with four digits. Zero has no sign.
  private static func text(_ distance: Float) -> String {
    if distance == 0 { return "0.0000" }
    return String(format: abs(distance) < 0.001 ? "%.4g" : "%.4f", distance)
  }

  var text: String {
    var lines = ["CANDIDATES for \(probe.printable()): leads for review, not identifications"]
    var table = TextTable([
      ("", .right), ("identity", .left), ("distance", .right), ("embedding", .right), ("source", .left),
    ])
    for (rank, candidate) in answer.candidates.enumerated() {
      table.append([
        "\(rank + 1)", candidate.identity, Self.text(candidate.distance),
        "\(candidate.embedding.rawValue)", candidate.source ?? "",
      ])
    }
    lines.append(table.text)
    lines.append(
      "\(counted(answer.gallerySize.identities, "identity", "identities")), "
        + "\(counted(answer.gallerySize.embeddings, "embedding")), "
        + "found by \(answer.foundBy.rawValue)")
    if let note = answer.note { lines.append(note) }
    return lines.joined(separator: "\n")
  }
}
