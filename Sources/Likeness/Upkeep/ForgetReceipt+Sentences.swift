/// Why deleted bytes could not be overwritten yet.
enum ErasureObstacle: Sendable, Hashable {
  /// Other programs use them, named where the system tells.
  case others(String?)
  /// Something in the file is not as expected.
  case layout
  /// An error, as a sentence.
  case failure(String)

  /// As a sentence that follows "erasure is pending".
  func sentence(path: String) -> String {
    switch self {
    case .others(let names):
      "their bytes are still in use by \(names ?? "another program"), and go with the next write or at closing once that is "
        + "done"
    case .layout:
      "parts of the file are not laid out as expected, and may hold bytes of them: 'likeness compact \(path)' writes it anew"
    case .failure(let sentence):
      "their bytes could not be overwritten (\(sentence)), and go with the next write or at closing once that is possible"
    }
  }
}

extension ForgetReceipt {
  /// The receipt in sentences.
  func sentences(path: String, obstacle: ErasureObstacle?) -> String {
    var parts = ["\(counted(embeddings, "embedding")) deleted (\(vectorBytes) bytes of vectors)"]
    if let obstacle {
      parts.append("erasure is pending: \(obstacle.sentence(path: path))")
    } else {
      parts.append("no byte of their rows is left in \(path), its write-ahead log or its index")
    }
    if !otherTables.isEmpty {
      let named = otherTables.prefix(5).joined(separator: ", ") + (otherTables.count > 5 ? ", …" : "")
      parts.append(
        "not looked at: \(counted(otherTables.count, "table")) in it that \(otherTables.count == 1 ? "is" : "are") not this library's, "
          + named)
    }
    if trainingSets > 0 { parts.append("taken out of \(counted(trainingSets, "training set"))") }
    if !models.isEmpty {
      let names = models.map { "\"\($0.name)\"\($0.sha256.map { " (SHA-256 \($0.prefix(12))…)" } ?? "")" }
      parts.append("trained on this identity, and not changed: \(names.joined(separator: ", "))")
    }
    let erased = copies.filter { $0.state == .erased }.map(\.path)
    if !erased.isEmpty { parts.append("erased from \(erased.joined(separator: ", ")) as well") }
    for copy in copies where copy.state == .holds || copy.state == .unknown {
      let why = copy.problem.map { " (\($0))" } ?? ""
      parts.append(
        copy.state == .holds
          ? "still in \(copy.path)\(why): forget there too, or delete it"
          : "\(copy.path) cannot be read\(why), and may hold this identity: see to it where it is")
    }
    if !sources.isEmpty {
      let named = sources.prefix(3).joined(separator: ", ")
      parts.append(
        "not the gallery's own, and not touched: \(counted(sources.count, "source")), \(named)\(sources.count > 3 ? ", …" : "")"
      )
    }
    return parts.joined(separator: "; ")
  }
}
