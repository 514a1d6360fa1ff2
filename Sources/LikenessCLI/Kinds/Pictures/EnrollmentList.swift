import Foundation
import Images

/// The pictures that an `enroll` call names, with the identity of each.
struct EnrollmentList {
  /// A picture and whose it is.
  struct Item: Sendable {
    var path: String
    var identity: String
  }

  let items: [Item]
  /// What was left out, as sentences.
  let notes: [String]

  /// Reads folders.
  ///
  /// - Parameters:
  ///   - paths: pictures, folders of pictures, or folders of folders.
  ///   - name: the identity of all of them; nil to use the folders' names.
  ///   - isLooseOwn: whether pictures that lie in no folder of a folder are an identity each, named as their files.
  init(paths: [String], name: String?, isLooseOwn: Bool = false) throws {
    var items: [Item] = []
    var notes: [String] = []
    for path in paths {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw CommandFailure("\(path): there is no such file or folder: check the path")
      }
      if isFolder.boolValue {
        items += try Self.items(inFolder: path, name: name, isLooseOwn: isLooseOwn)
        notes += PictureFolder.notes(below: path)
      } else {
        guard let name = name ?? (isLooseOwn ? Self.name(ofFile: path) : nil) else {
          throw CommandFailure("\(path): whose picture is it? Say it with --as NAME")
        }
        items.append(Item(path: path, identity: name))
      }
    }
    self.items = items
    self.notes = notes
  }

  /// What an identity of its own is called of which there is this picture alone.
  static func name(ofFile path: String) -> String {
    ((path as NSString).lastPathComponent as NSString).deletingPathExtension
  }

  private static func items(inFolder path: String, name: String?, isLooseOwn: Bool) throws -> [Item] {
    let loose = (try? PictureFolder(ofOneIdentity: path))?.identities ?? []
    let inFolders = (try? PictureFolder(path: path))?.identities ?? []
    guard loose.isEmpty || inFolders.isEmpty || name != nil || isLooseOwn else {
      throw CommandFailure(
        "\(path): has pictures beside folders of pictures: move them into a folder of their own, or say with --as NAME "
          + "that all are one person's")
    }
    let folder =
      try loose.isEmpty
      ? PictureFolder(path: path).subset(inFolders) : PictureFolder(ofOneIdentity: path).subset(loose + inFolders)
    return folder.identities.enumerated().flatMap { place, identity in
      let isOwn = isLooseOwn && place < loose.count
      return identity.files.map { file in
        Item(path: file, identity: name ?? (isOwn ? Self.name(ofFile: file) : identity.name))
      }
    }
  }
}
