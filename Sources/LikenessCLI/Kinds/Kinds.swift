import Likeness
import LikenessEmbedders

/// The kinds of model that the command knows.
enum Kinds {
  private static var all: [any Kind.Type] {
    [PictureKind.self, WordKind.self, SeriesKind.self, CaptionKind.self]
  }

  /// What to do for an embedder.
  ///
  /// - Parameters:
  ///   - embedder: made from a model file or by a gallery's model.
  ///   - options: those that belong to some kinds only.
  /// - Throws: ``CommandFailure`` where an option was given that belongs to another kind.
  static func kind(of embedder: any Embedder, options: any KindOptions...) throws -> any Kind {
    let specification = embedder.specification
    guard let kind = all.lazy.compactMap({ $0.init(embedder) }).first else {
      throw CommandFailure(
        "the model \"\(specification.name)\" is of kind \"\(specification.kind)\", which this command cannot use")
    }
    for options in options where type(of: options).kind != specification.kind {
      if let flag = options.given.first {
        throw CommandFailure(
          "\(flag) is for models of kind \"\(type(of: options).kind)\", and this one takes \(kind.inputs): leave it out"
        )
      }
    }
    return kind
  }
}
