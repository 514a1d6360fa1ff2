extension ForgetReceipt {
  /// The receipt in sentences.
  func sentences(path: String, reader: String?) -> String {
    var parts = ["\(counted(embeddings, "embedding")) deleted (\(vectorBytes) bytes of vectors)"]
    if erasure == .complete {
      parts.append("no byte of them is left in \(path), its write-ahead log or its index")
    } else {
      parts.append(
        "erasure is pending: their bytes are still in use by \(reader ?? "another reader"), and go with the next write or "
          + "at closing once that is done")
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
          : "\(copy.path) cannot be read\(why), and may hold this identity")
    }
    if !sources.isEmpty {
      let named = sources.prefix(3).joined(separator: ", ")
      parts.append(
        "\(counted(sources.count, "source")) not the gallery's own, and as before: \(named)\(sources.count > 3 ? ", …" : "")"
      )
    }
    return parts.joined(separator: "; ")
  }
}
