import Foundation

/// Where a command will write once its work is done: whatever speaks against it is better said before hours of training.
enum OutputPlace {
  /// A file that can be written, or replaced.
  ///
  /// - Parameter what: what it will hold, for the sentence: `the model`.
  static func checkFile(_ path: String, for what: String) throws {
    guard !isFolder(path) else { throw CommandFailure("\(path): this is a folder: give the name of a file") }
    // A pipe or a device is written as it is, whoever may make files beside it.
    let type = (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
    if let type, ![.typeRegular, .typeSymbolicLink].contains(type) { return }
    let folder = (path as NSString).deletingLastPathComponent
    guard folder.isEmpty || isFolder(folder) else {
      throw CommandFailure("\(path): there is no folder \(folder) to write \(what) to: make it first")
    }
    guard FileManager.default.isWritableFile(atPath: folder.isEmpty ? "." : folder) else {
      throw CommandFailure("\(path): \(what) cannot be written there: check the folder's rights, or choose another")
    }
  }

  /// A folder that is there, or can be made.
  static func checkFolder(_ path: String, for what: String) throws {
    var nearest = path
    while !nearest.isEmpty, !FileManager.default.fileExists(atPath: nearest) {
      nearest = (nearest as NSString).deletingLastPathComponent
    }
    if nearest.isEmpty { nearest = "." }
    guard isFolder(nearest) else {
      throw CommandFailure(
        nearest == path
          ? "\(path): this is a file: give a folder for \(what)"
          : "\(path): the folder for \(what) cannot be made, for \(nearest) is a file: choose another")
    }
    guard FileManager.default.isWritableFile(atPath: nearest) else {
      throw CommandFailure("\(path): \(what) cannot be written there: check \(nearest)'s rights, or choose another")
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
