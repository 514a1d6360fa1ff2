import Likeness

extension EmbedderSpecification {
  /// The embedder that a gallery's stored model makes, so that probes need only the gallery.
  ///
  /// - Throws: ``ModelError`` where no model is stored, or it is of a kind that this library cannot run.
  public func makeEmbedder() throws -> any Embedder {
    guard let model else {
      throw ModelError(
        model: name, reason: "its vectors came without a model: ask with a vector, or give the model file")
    }
    return try ModelFile(bytes: model, name: name).makeEmbedder()
  }
}

extension Gallery {
  /// Attaches the embedder stored in the gallery, if it is not attached yet.
  ///
  /// - Throws: ``ModelError`` where the gallery holds no model that can be run.
  public func attachStoredEmbedder() throws {
    try attach(storedEmbedder())
  }

  /// The embedder that the stored model makes.
  ///
  /// - Throws: ``ModelError`` where the gallery holds no model that can be run.
  public func storedEmbedder() throws -> any Embedder {
    guard let specification = try embedder else {
      throw ModelError(model: path, reason: "this gallery has no embedder yet: enroll with a model first")
    }
    return try specification.makeEmbedder()
  }
}
