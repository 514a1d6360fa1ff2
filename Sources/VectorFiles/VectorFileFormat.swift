/// The kinds of file that vectors are kept in.
public enum VectorFileFormat: String, Sendable, Hashable, CaseIterable {
  /// NumPy's array file, `[n, dimension]` of float32, float64 or float16.
  case npy
  /// TEXMEX float vectors: each row its length as int32, then float32 values, little-endian.
  case fvecs
  /// TEXMEX byte vectors: each row its length as int32, then one byte a value. Read only.
  case bvecs
  /// Comma-separated values (RFC 4180) under the header `identity,v0,v1,…`.
  case csv
  /// One JSON object a line: `{"identity":"ada","vector":[0.1,0.2],"source":"a.jpg","attributes":{}}`.
  case jsonl
  /// word2vec's and GloVe's text: a word and its values a line, separated by spaces.
  case word2vec
  /// The Embedding Projector's tab-separated vectors, with a file of labels beside them. Written only.
  case projector

  /// The format that a file's name ends in; nil for an ending that says nothing.
  public init?(path: String) {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    switch name[name.index(after: dot)...].lowercased() {
    case "npy": self = .npy
    case "fvecs": self = .fvecs
    case "bvecs": self = .bvecs
    case "csv": self = .csv
    case "jsonl", "ndjson": self = .jsonl
    case "txt", "vec", "w2v", "word2vec": self = .word2vec
    case "tsv": self = .projector
    default: return nil
    }
  }

  /// Whether rows of this format carry names; where not, names are in a file of their own.
  public var hasNames: Bool {
    switch self {
    case .npy, .fvecs, .bvecs: false
    case .csv, .jsonl, .word2vec, .projector: true
    }
  }
}
