import Foundation

/// A folder of folders of pictures, an identity a folder.
///
/// A folder with pictures in it is an identity, however deep it lies, named by its path below the root:
/// `faces/s1/1.pgm` belongs to `s1`, `omniglot/Greek/alpha/03.png` to `Greek/alpha`.
public struct PictureFolder: Sendable, Hashable {
  /// One identity and its pictures.
  public struct Identity: Sendable, Hashable {
    /// The folder's path below the root, with `/` between folders.
    public let name: String
    /// The paths of its pictures, in natural order.
    public let files: [String]

    /// An identity with some pictures.
    public init(name: String, files: [String]) {
      self.name = name
      self.files = files
    }
  }

  /// The folder as it was named.
  public let path: String

  /// The identities in natural order (`s2` before `s10`), each with at least one picture.
  public let identities: [Identity]

  /// How many files were passed over: other formats by their extension, and what is no regular file. Hidden files and
  /// folders (a leading dot) are passed over without being counted.
  public let skippedFiles: Int

  /// How many of them are pictures in formats that are not decoded here, by their extension in lower case: `webp`.
  public let foreignFormats: [String: Int]

  /// How many pictures lie in the root itself and so belong to no identity.
  public let loosePictures: Int

  /// The folders that have neither pictures nor folders in them, named as identities are, in natural order: nobody is
  /// learned from them.
  public let emptyFolders: [String]

  /// How many pictures the identities have in all.
  public var pictureCount: Int { identities.reduce(0) { $0 + $1.files.count } }

  /// The file name extensions that are taken for pictures, in lower case.
  public static let pictureExtensions: Set<String> = ["jpg", "jpeg", "jpe", "png", "pgm", "ppm", "pnm"]

  /// Reads the folder's names, not the pictures. Symbolic links are followed; a folder that is reached twice counts
  /// once, so links that go round in a circle end.
  ///
  /// Throws `PictureError` when the path is no readable folder or has no folder with pictures in it.
  public init(path: String) throws {
    var walk = PictureFolderWalk()
    try walk.root(path)
    self.path = path
    skippedFiles = walk.skipped
    foreignFormats = walk.foreign
    loosePictures = walk.loose
    emptyFolders = walk.empty.sorted(by: NaturalOrder.precedes)
    identities = Self.merged(walk.identities.sorted { NaturalOrder.precedes($0.name, $1.name) })
    guard !identities.isEmpty else {
      throw PictureError(
        path: path,
        reason: loosePictures > 0
          ? "its \(loosePictures) pictures lie in no folder: put each identity's pictures into a folder of their own"
          : "there are no pictures in it: a folder per identity with JPEG, PNG, PGM or PPM files is wanted"
            + (Self.note(ofForeign: foreignFormats).map { "; it \($0)" } ?? ""))
    }
  }
}

extension PictureFolder {
  /// Folders whose names differ only in how their characters are composed (NFC, NFD) look the same, and are the same
  /// identity, as in a gallery.
  private static func merged(_ identities: [Identity]) -> [Identity] {
    var merged: [Identity] = []
    var places: [String: Int] = [:]
    for identity in identities {
      if let place = places[identity.name] {
        merged[place] = Identity(name: merged[place].name, files: merged[place].files + identity.files)
      } else {
        places[identity.name] = merged.count
        merged.append(identity)
      }
    }
    return merged
  }
}

/// The walk through the folders below one root.
struct PictureFolderWalk {
  private struct Key: Hashable {
    let device: UInt64
    let file: UInt64
  }

  private(set) var identities: [PictureFolder.Identity] = []
  private(set) var skipped = 0
  private(set) var loose = 0
  private(set) var foreign: [String: Int] = [:]
  private(set) var empty: [String] = []
  private var visited: Set<Key> = []

  mutating func root(_ path: String) throws {
    guard let kind = Self.kind(of: path) else {
      throw PictureError(path: path, reason: "there is no such folder")
    }
    guard kind.isFolder else {
      throw PictureError(path: path, reason: "this is a file: name the folder that has a folder per identity")
    }
    visited.insert(kind.key)
    // Folders are taken level by level; links wait until every real folder has been seen under its own name.
    var (pending, links): ([(path: String, name: String)], [(path: String, name: String)]) = ([(path, "")], [])
    while !pending.isEmpty || !links.isEmpty {
      if pending.isEmpty {
        let link = links.removeFirst()
        guard let kind = Self.kind(of: link.path), visited.insert(kind.key).inserted else { continue }
        pending.append(link)
      }
      let folder = pending.removeLast()
      try visit(folder.path, named: folder.name, folders: &pending, links: &links)
    }
  }

  private mutating func visit(
    _ path: String, named name: String, folders: inout [(path: String, name: String)],
    links: inout [(path: String, name: String)]
  ) throws {
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw PictureError(path: path, reason: "the folder cannot be read: check its permissions")
    }
    var files: [String] = []
    var hasFolders = false
    for entry in entries.sorted(by: NaturalOrder.precedes) where !entry.hasPrefix(".") {
      let full = path.hasSuffix("/") ? path + entry : "\(path)/\(entry)"
      guard let kind = Self.kind(of: full) else {
        skipped += 1
        continue
      }
      if kind.isFolder {
        hasFolders = true
        let child = (path: full, name: name.isEmpty ? entry : "\(name)/\(entry)")
        if Self.isLink(full) {
          links.append(child)
        } else if visited.insert(kind.key).inserted {
          folders.append(child)
        }
      } else if kind.isRegular, Self.isPicture(entry) {
        files.append(full)
      } else {
        skipped += 1
        let ending = (entry as NSString).pathExtension.lowercased()
        if kind.isRegular, PictureFolder.foreignExtensions.contains(ending) { foreign[ending, default: 0] += 1 }
      }
    }
    if name.isEmpty {
      loose = files.count
    } else if !files.isEmpty {
      identities.append(PictureFolder.Identity(name: name, files: files))
    } else if !hasFolders {
      empty.append(name)
    }
  }

  private static func isPicture(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return PictureFolder.pictureExtensions.contains(name[name.index(after: dot)...].lowercased())
  }

  /// What a path leads to, through links; `nil` where it leads nowhere.
  private static func kind(of path: String) -> (isFolder: Bool, isRegular: Bool, key: Key)? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let type = status.st_mode & S_IFMT
    let key = Key(device: UInt64(truncatingIfNeeded: status.st_dev), file: UInt64(truncatingIfNeeded: status.st_ino))
    return (type == S_IFDIR, type == S_IFREG, key)
  }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
