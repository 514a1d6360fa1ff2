/// Why the index refused something. Each case describes itself in a sentence that says the way out.
public enum IndexError: Error, Sendable, Hashable {
  /// A vector has another number of values than the index was made for.
  case wrongDimension(expected: Int, actual: Int)
  /// A value is NaN or infinite.
  case notFinite(component: Int)
  /// Every value is zero, which has no direction: cosine distance is undefined.
  case zeroVector
  /// The vector is so long that a squared distance could overflow float32.
  case tooLong
  /// The id is in the index already.
  case duplicateID(Int64)
  /// The id is not in the index.
  case unknownID(Int64)
  /// Vectors and ids handed over together do not match in number.
  case unequalCounts(values: Int, ids: Int, dimension: Int)
  /// The vector in this row of a batch was refused, and with it the whole batch.
  indirect case row(Int, id: Int64, IndexError)
  /// A parameter is outside its range.
  case invalidParameter(String)
  /// No more vectors fit.
  case full(limit: Int)
  /// The file for vectors that are not kept in memory cannot be made or grown.
  case mappingFailed(String)
}

extension IndexError: CustomStringConvertible {
  /// The sentence to show.
  public var description: String {
    switch self {
    case .wrongDimension(let expected, let actual):
      "the vector has \(actual) values, the index holds vectors of \(expected): use the embedder that made the others"
    case .notFinite(let component):
      "value \(component) of the vector is not a finite number: repair or re-embed its input"
    case .zeroVector:
      "the vector is zero and has no direction: cosine distance needs at least one value other than zero"
    case .tooLong:
      "the vector is too long for distances in float32: scale all vectors down"
    case .duplicateID(let id):
      "id \(id) is in the index already: update it, or remove it first"
    case .unknownID(let id):
      "id \(id) is not in the index: add it first"
    case .unequalCounts(let values, let ids, let dimension):
      "\(values) values do not make \(ids) vectors of \(dimension): pass exactly one row per id"
    case .row(let row, let id, let reason):
      "row \(row) (id \(id)), and so the whole batch, was refused: \(reason)"
    case .invalidParameter(let sentence):
      sentence
    case .full(let limit):
      "the index holds its limit of \(limit) vectors: remove some, or split the collection"
    case .mappingFailed(let reason):
      "\(reason), or keep the vectors in memory"
    }
  }
}
