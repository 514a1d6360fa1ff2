import ArgumentParser
import Foundation
import Likeness
import LikenessEmbedders

/// The gallery a command works on. Whoever opens it need not close it.
struct GalleryArgument: ParsableArguments {
  @Argument(help: ArgumentHelp("The gallery file.", valueName: "gallery"), completion: .file())
  var path: String

  @OptionGroup var waiting: WaitingOptions

  /// Opens a gallery that must be there already: a mistyped path is an error, not an empty gallery.
  ///
  /// - Parameter index: how the index is built; nil where nothing is asked: it is then never built.
  func open(_ index: IndexOptions? = nil) throws -> Gallery {
    let way = "make one with 'likeness enroll \(path) FOLDER --model MODEL'"
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure("\(path): there is no such gallery: \(way)")
    }
    // Such a file would become a gallery, which is more than was asked for; a log beside it may hold one.
    if size(of: path) == 0, size(of: path + "-wal") ?? 0 == 0 {
      throw CommandFailure("\(path): this file is empty, and no gallery yet: \(way)")
    }
    return try openOrCreate(index)
  }

  private func size(of path: String) -> Int? {
    let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: file)
    // A pipe is never empty, nor is it a gallery: that is said on opening.
    return attributes?[.type] as? FileAttributeType == .typeRegular ? attributes?[.size] as? Int : nil
  }

  /// Opens a gallery without changing it where that is possible: one of an older version, or with triggers dropped, stays
  /// as it is.
  func openToLook(_ index: IndexOptions? = nil) throws -> Gallery {
    guard FileManager.default.fileExists(atPath: path) else { return try open(index) }
    var configuration = self.configuration(index)
    configuration.indexing = .onFirstQuery
    configuration.readOnly = true
    let gallery = try Gallery(path: path, configuration: configuration)
    OpenGalleries.add(gallery)
    return gallery
  }

  /// Opens a gallery, or makes one.
  func openOrCreate(_ index: IndexOptions? = nil) throws -> Gallery {
    let configuration = self.configuration(index)
    let bar = ProgressBar("Reading \((path as NSString).lastPathComponent)", unit: "embeddings")
    let gallery = try Gallery(path: path, configuration: configuration) { progress in
      bar.update(progress.completed, of: progress.total)
    }
    bar.finish()
    OpenGalleries.add(gallery)
    return gallery
  }

  /// How it is opened; commands that ask nothing need no index.
  func configuration(_ index: IndexOptions? = nil) -> GalleryConfiguration {
    var configuration = index?.configuration ?? GalleryConfiguration()
    if index == nil { configuration.indexing = .onFirstQuery }
    waiting.apply(to: &configuration)
    return configuration
  }
}
