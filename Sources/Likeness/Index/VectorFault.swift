/// What keeps a vector out of a gallery, or a stored one out of its answers.
enum VectorFault: Sendable, Hashable {
  case noBlob
  case byteCount(Int)
  case notFinite(component: Int, value: String)
  case zero
  case outOfRange(length: Double)
  case tooSmall(length: Double)
  case otherEmbedder(Int64)
  case refused(String)

  /// The fault of a vector of the right dimension, nil if there is none. `vector` may be unaligned.
  ///
  /// The bound on the length leaves room for the square of a difference of two vectors in float32: (‖a‖ + ‖b‖)² is at
  /// most 4 max(‖a‖, ‖b‖)². Cosine needs none. The least length leaves room for the square of a difference of a
  /// thousandth of it.
  static func find(in vector: UnsafeRawBufferPointer, metric: Metric) -> VectorFault? {
    let squared = squaredLength(vector)
    if !squared.isFinite {
      for component in 0..<vector.count / 4 {
        let value = vector.loadUnaligned(fromByteOffset: 4 * component, as: Float.self)
        if !value.isFinite { return .notFinite(component: component, value: "\(value)") }
      }
    }
    if metric == .cosine { return squared > 0 ? nil : .zero }
    if squared > Double(Float.greatestFiniteMagnitude) / 8 { return .outOfRange(length: squared.squareRoot()) }
    return squared > 0 && squared < leastSquare ? .tooSmall(length: squared.squareRoot()) : nil
  }

  private static let leastSquare = 1e-30

  /// The fault of a stored blob, nil if there is none.
  static func find(inRow blob: UnsafeRawBufferPointer?, embedder: EmbedderRow) -> VectorFault? {
    guard let blob else { return .noBlob }
    guard blob.count == 4 * embedder.dimension else { return .byteCount(blob.count) }
    return find(in: blob, metric: embedder.metric)
  }

  /// The fault as what a caller is told of `subject`.
  func error(subject: String, embedder: EmbedderRow) -> GalleryError {
    switch self {
    case .notFinite(let component, let value):
      .notFinite(subject: subject, component: component, value: value)
    case .zero: .zeroVector(subject: subject)
    case .outOfRange(let length), .tooSmall(let length): .outOfRange(subject: subject, length: length)
    case .byteCount(let count):
      .wrongDimension(subject: subject, count: count / 4, embedder: embedder.name, dimension: embedder.dimension)
    case .noBlob, .otherEmbedder, .refused: .invalidArgument(reason: "\(subject) \(sentence(embedder: embedder))")
    }
  }

  /// The fault of a row, as a sentence without its subject.
  func sentence(embedder: EmbedderRow?) -> String {
    switch self {
    case .noBlob: "holds no blob where its vector should be"
    case .byteCount(let count):
      "holds \(count) bytes, the embedder \"\(embedder?.name ?? "?")\" makes \(4 * (embedder?.dimension ?? 0))"
    case .notFinite(let component, let value): "has the value \(value) at \(component)"
    case .zero: "has length zero under the cosine metric"
    case .tooSmall(let length): "has the length \(length), too small for float32 distances to tell from zero"
    case .outOfRange(let length): "has the length \(length), beyond what float32 distances can hold"
    case .otherEmbedder(let id): "was made by another embedder, number \(id)"
    case .refused(let reason): "was refused by the index: \(reason)"
    }
  }

  /// Whether there is nothing wrong with the row but that it is not one that is compared.
  var isOtherEmbedder: Bool {
    if case .otherEmbedder = self { true } else { false }
  }

  /// How many rows were left out, a sentence for those that are damaged and one for those of other embedders.
  static func sentences(_ faults: some Collection<VectorFault>) -> (damaged: String?, others: String?) {
    let others = faults.count(where: \.isOtherEmbedder)
    let damaged = faults.count - others
    return (
      damaged == 0 ? nil : "\(damaged) damaged \(damaged == 1 ? "embedding was" : "embeddings were") left out",
      others == 0 ? nil : "\(others) \(others == 1 ? "embedding" : "embeddings") of another embedder not searched"
    )
  }

  private static func squaredLength(_ vector: UnsafeRawBufferPointer) -> Double {
    let count = vector.count / 4
    var sum = SIMD4<Double>.zero
    var index = 0
    while index + 4 <= count {
      let values = SIMD4<Double>(vector.loadUnaligned(fromByteOffset: 4 * index, as: SIMD4<Float>.self))
      sum += values * values
      index += 4
    }
    var total = sum.sum()
    while index < count {
      let value = Double(vector.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))
      total += value * value
      index += 1
    }
    return total
  }
}
