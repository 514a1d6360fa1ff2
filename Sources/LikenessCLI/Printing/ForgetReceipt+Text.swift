import Likeness

extension ForgetReceipt {
  /// A line for each thing that was done, or is beyond the gallery.
  var text: String {
    var lines = [
      "forgot \(identity.printable()): \(counted(embeddings, "embedding")), \(Bytes.text(vectorBytes)) of vectors"
    ]
    if erasure == .complete {
      lines.append("  bytes     gone from the gallery, its write-ahead log and its index")
    } else {
      lines.append("  bytes     ERASURE PENDING: \(note)")
    }
    if !embeddingIDs.isEmpty {
      let shown = embeddingIDs.prefix(10).map(\.description).joined(separator: ", ")
      lines.append("  rows      \(shown)\(embeddingIDs.count > 10 ? ", and \(embeddingIDs.count - 10) more" : "")")
    }
    for table in otherTables {
      lines.append("  table     \(table.printable()) is not the library's, and was not looked at")
    }
    if trainingSets > 0 { lines.append("  training  taken out of \(counted(trainingSets, "training set"))") }
    for model in models {
      let hash = model.sha256.map { ", SHA-256 \($0)" } ?? ""
      lines.append(
        "  model     \(model.name) was trained on this identity and keeps what it learned (\(model.evidence)\(hash))")
    }
    for copy in copies {
      let state =
        switch copy.state {
        case .clean: "nothing of this identity is in it"
        case .erased: "erased from it as well"
        case .holds: "STILL IN IT: 'likeness forget' it there too, or delete the copy"
        case .unknown: "cannot be read, and may hold this identity"
        }
      lines.append("  copy      \(copy.path) (\(copy.reason)): \(state)\(copy.problem.map { " (\($0))" } ?? "")")
    }
    for source in sources.prefix(5) {
      lines.append("  source    \(source.printable()) is not the gallery's, and was not touched")
    }
    if sources.count > 5 { lines.append("  source    and \(sources.count - 5) more (--json names them all)") }
    return lines.joined(separator: "\n")
  }
}
