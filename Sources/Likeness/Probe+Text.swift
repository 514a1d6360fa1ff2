import Foundation

extension Probe {
  /// A probe as people write it: `vector:0.1,0.2,…`, or `id:123` for an embedding of the gallery; nil for anything else,
  /// which an embedder has to make sense of.
  ///
  /// - Throws: ``GalleryError/invalidArgument(reason:)`` for numbers that are none.
  public init?(text: String) throws {
    if text.hasPrefix("vector:") {
      self = .vector(try Self.vector(text.dropFirst("vector:".count)))
    } else if text.hasPrefix("id:") {
      guard let id = Int64(text.dropFirst("id:".count)) else {
        throw GalleryError.invalidArgument(
          reason: "\(GalleryError.shortened(text)): an embedding's id is a whole number: write id:123")
      }
      self = .embedding(EmbeddingID(id))
    } else {
      return nil
    }
  }

  private static func vector(_ text: Substring) throws -> [Float] {
    try text.split(separator: ",", omittingEmptySubsequences: false).enumerated().map { index, part in
      // Float's own parser knows no locale.
      guard let value = Float(part.trimmingCharacters(in: .whitespaces)) else {
        throw GalleryError.invalidArgument(
          reason: "vector: value \(index + 1), \"\(GalleryError.shortened(String(part)))\", is not a number: write "
            + "vector:0.1,0.2,…")
      }
      return value
    }
  }
}
