import ArgumentParser
import Foundation
import Likeness
import LikenessEmbedders

/// The gallery a command works on.
struct GalleryArgument: ParsableArguments {
  @Argument(help: ArgumentHelp("The gallery file.", valueName: "gallery"), completion: .file())
  var path: String

  /// Opens a gallery that must be there already: a mistyped path is an error, not an empty gallery.
  ///
  /// - Parameter indexing: `.onFirstQuery` where nothing is asked: the index is then never built.
  func open(indexing: GalleryConfiguration.Indexing = .onFirstQuery) throws -> Gallery {
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure(
        "\(path): there is no such gallery: make one with 'likeness enroll \(path) FOLDER --model MODEL'")
    }
    return try openOrCreate(indexing: indexing)
  }

  /// Opens a gallery, or makes one.
  func openOrCreate(indexing: GalleryConfiguration.Indexing = .onFirstQuery) throws -> Gallery {
    var configuration = GalleryConfiguration()
    configuration.indexing = indexing
    let bar = ProgressBar("Reading \((path as NSString).lastPathComponent)", unit: "embeddings")
    let gallery = try Gallery(path: path, configuration: configuration) { progress in
      bar.update(progress.completed, of: progress.total)
    }
    bar.finish()
    return gallery
  }
}

extension Gallery {
  /// The stored embedder, which must be one of pictures.
  func imageEmbedder() throws -> ImageEmbedder {
    let stored = try storedEmbedder()
    guard let embedder = stored as? ImageEmbedder else {
      throw CommandFailure("\(path): its embedder \"\(stored.specification.name)\" does not take pictures")
    }
    return embedder
  }
}
