import Foundation
import Likeness
import LikenessTraining
import Networks

extension TrainedWords: TrainingOutcome {
  func file() throws -> Data { try model.encoded() }

  var result: [String: JSONValue] {
    get throws {
      ["losses": try JSONValue(encoding: card.losses), "seconds": .number(seconds)]
    }
  }

  /// How it went, which words are near which, and what the model says of itself.
  func page() throws -> ReportPage {
    var sections = [curves]
    // A corpus too small for principal components has none to compare with.
    let components = try? principalComponents()
    sections.append(neighbours(components))
    let shown = Array(0..<min(250, model.words.count))
    if let plane = EmbeddingPlane(shown.flatMap { model.vector($0) }, dimension: model.dimension) {
      sections.append(
        PlaneMap(
          heading: "A map of the most frequent words", plane: plane, names: shown.map { model.words[$0] }, named: 80
        ).html)
    }
    var figures = [
      ("\(model.words.count)", "words"), ("\(model.dimension)", "values a word"),
      (ProgressBar.clock(seconds), "of training, reading included"),
    ]
    if let last = epochs.last(where: { $0.stage == "vectors" }) {
      figures.append((String(format: "%.0f", last.wordsPerSecond), "words a second"))
    }
    return ReportPage(
      title: "How words found their places",
      lead: """
        Vectors of \(model.words.count) words were learned from \(card.tokens) words of text: words that stand among the same \
        words are near each other\(card.gaps == nil ? "." : ", and an encoder learned which words fill a gap.")
        """,
      figures: figures.map { (value: $0.0, meaning: $0.1) }, sections: sections,
      card: try ModelCardSection(
        rows: [
          ("recipe", "words"), ("date", card.date ?? "unknown"), ("seed", "\(card.settings.seed)"),
          ("data", "\(card.tokens) tokens, \(card.words) words that occur \(card.minimumCount) times or more"),
          ("digest of vocabulary and tokens", card.corpusDigest), ("method", card.settings.method.rawValue),
          ("same bytes for the same seed", card.settings.isDeterministic ? "yes" : "no: threads wrote freely"),
          ("licence", card.licence ?? "unknown"),
        ], card: card))
  }

  private var curves: String {
    CurveChart.section(
      "How it learned",
      [("vectors", "Loss of the vectors"), ("gaps", "Loss of the encoder of gaps")].map { stage, title in
        CurveChart(
          title: title, label: "loss",
          series: [.init("loss", "var(--one)", of: epochs.filter { $0.stage == stage }) { $0.loss }], xLabel: "epoch")
      })
  }

  /// The nearest words of some, spread over the more frequent half of the vocabulary.
  private func neighbours(_ components: WordModel?) -> String {
    let count = min(16, model.words.count)
    let most = min(model.words.count, 4_000)
    let asked = (1...count).map { Int(Double(most - 1) * pow(Double($0) / Double(count), 2)) }
    var seen: Set<Int> = []
    let places = asked.filter { seen.insert($0).inserted }
    let names = places.map { model.words[$0] }
    let own = nearest(names, in: model)
    let others = components.map { nearest(names, in: $0) }
    let rows = names.indices.map { row in
      let other = others.map { "<td class=\"text\">\($0[row])</td>" } ?? ""
      return "<tr><td>\(escaped(names[row]))</td><td class=\"text\">\(own[row])</td>\(other)</tr>"
    }
    return """
      <h2>The nearest words of some</h2>
      <p class="soft">Spread over the vocabulary, the more frequent ones first\
      \(components == nil ? "." : "; beside them what principal components of the neighbourhoods say.")</p>
      <div class="scroll"><table><tr><th></th><th>this model</th>\
      \(components == nil ? "" : "<th>principal components</th>")</tr>\(rows.joined())</table></div>
      """
  }

  /// The six nearest of each, as HTML.
  private func nearest(_ words: [String], in model: WordModel) -> [String] {
    let known = words.map { model.number(of: $0) ?? 0 }
    let queries = known.map { model.vector($0) }
    var found = known.map { [$0] }
    for _ in 0..<min(6, model.words.count - 1) {
      for (row, next) in model.nearest(queries, excluding: found, limit: 30_000).enumerated() {
        if let next { found[row].append(next) }
      }
    }
    return found.map { $0.dropFirst().map { escaped(model.words[$0]) }.joined(separator: ", ") }
  }
}
