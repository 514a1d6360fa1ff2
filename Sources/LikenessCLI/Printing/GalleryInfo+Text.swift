import Foundation
import Likeness

extension GalleryInfo {
  /// What a gallery holds and what is wrong with it, for reading in a terminal.
  var text: String {
    var lines = [
      "gallery      \(path)",
      "size         \(Bytes.text(fileBytes)), and \(Bytes.text(logBytes)) in its write-ahead log; schema version \(schemaVersion)",
    ]
    if let embedder {
      lines.append(
        "embedder     \(embedder.name): \(embedder.kind), \(embedder.dimension) values, \(embedder.metric.rawValue)"
          + (embedder.modelBytes > 0
            ? "; the model is in the gallery (\(Bytes.text(embedder.modelBytes)))" : "; no model stored"))
    } else {
      lines.append("embedder     none yet: enroll with --model MODEL")
    }
    lines.append("identities   \(identities)")
    lines.append("embeddings   \(embeddings), of which \(searchable) can be found")
    if let index { lines += Self.lines(index) }
    if let readOnlyReason { lines.append("read-only    \(readOnlyReason)") }
    if erasurePending {
      lines.append(
        "erasure      pending: forgotten bytes are still in the file until its readers are done; "
          + "then: likeness doctor \(path) --fix")
    }
    if otherEmbedderCount > 0 {
      lines.append("not searched \(counted(otherEmbedderCount, "embedding")) of another embedder")
    }
    let damaged = leftOutCount - otherEmbedderCount
    if damaged > 0 {
      lines.append(
        "left out     \(counted(damaged, "damaged row")); enroll them again, or take them out, after a copy, with: "
          + "likeness doctor \(path) --fix")
      let named = leftOut.prefix(damaged)
      for one in named { lines.append("  embedding \(one.embedding): \(one.reason)") }
      if damaged > named.count { lines.append("  and \(damaged - named.count) more") }
    }
    return lines.joined(separator: "\n")
  }

  private static func lines(_ index: IndexSummary) -> [String] {
    let parameters = index.parameters
    let parts = [
      ("vectors", index.bytes.vectors), ("codes", index.bytes.codes), ("links", index.bytes.links),
      ("ids", index.bytes.ids), ("other", index.bytes.other),
    ]
    return [
      "index        \(Bytes.text(index.bytes.total)) of memory, \(index.bytesPerVector) bytes a vector: "
        + parts.map { "\($0) \(Bytes.text($1))" }.joined(separator: ", "),
      "             M \(parameters.M), efConstruction \(parameters.efConstruction), seed \(parameters.seed), "
        + "exact up to \(parameters.exactBelow), \(counted(parameters.threads, "thread"))"
        + (parameters.compact ? "; compact: \(Bytes.text(index.bytes.mapped)) of vectors in a mapped file" : ""),
    ]
  }
}
