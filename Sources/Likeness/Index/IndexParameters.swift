import Files
import Foundation
import HNSW

extension GalleryConfiguration {
  /// An empty index for vectors of `embedder`.
  ///
  /// - Throws: `IndexError`.
  func makeIndex(for embedder: EmbedderRow, galleryAt path: String) throws -> HNSWIndex {
    try withParameters(dimension: embedder.dimension, galleryAt: path) {
      try HNSWIndex(dimension: embedder.dimension, metric: embedder.metric, parameters: $0)
    }
  }

  /// Makes an index for vectors of a dimension by `body`.
  ///
  /// A compact one has its file beside the gallery at `path`, or, where nothing can be written there, in the temporary
  /// folder.
  func withParameters<Index>(
    dimension: Int, galleryAt path: String, _ body: (HNSWIndex.Parameters) throws -> Index
  ) throws -> Index {
    func make(_ vectors: HNSWIndex.VectorStorage) throws -> Index {
      var parameters = parameters(dimension)
      parameters.vectors = vectors
      return try body(parameters)
    }
    guard compact else { return try make(.memory) }
    if let compactFolder { return try make(.file(folder: compactFolder)) }
    do {
      return try make(.file(folder: PathParts.openFolder(of: path)))
    } catch IndexError.mappingFailed {
      return try make(.file(folder: FileManager.default.temporaryDirectory.path))
    }
  }

  func parameters(_ dimension: Int) -> HNSWIndex.Parameters {
    var parameters = HNSWIndex.Parameters(threads: threads)
    parameters.M = M
    parameters.efConstruction = efConstruction
    parameters.seed = seed
    // Comparing this many takes about a tenth of a millisecond, no more than the rest of an answer: there is no reason to
    // miss any.
    parameters.exactBelow = exactBelow ?? max(1_000, 1_000_000 / (80 + dimension))
    return parameters
  }
}
