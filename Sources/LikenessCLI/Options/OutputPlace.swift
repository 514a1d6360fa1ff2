import Files
import Foundation

/// Where a command will write once its work is done: whatever speaks against it is better said before hours of training.
enum OutputPlace {
  /// A file that can be written, or replaced.
  ///
  /// - Parameter what: what it will hold, for the sentence: `the model`.
  static func checkFile(_ path: String, for what: String) throws {
    guard !path.isEmpty else { throw CommandFailure("\(what) needs a file to be written to: give it a name") }
    guard !isFolder(path) else { throw CommandFailure("\(path): this is a folder: give the name of a file") }
    if let reason = DatabaseFiles.refusal(of: path) { throw CommandFailure("\(path): this \(reason)") }
    // A pipe or a device is written as it is, whoever may make files beside it.
    let type = (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
    if let type, ![.typeRegular, .typeSymbolicLink].contains(type) { return }
    let folder = PathParts.folder(of: path)
    guard folder.isEmpty || isFolder(folder) else {
      throw CommandFailure("\(path): there is no folder \(folder) to write \(what) to: make it first")
    }
    guard FileManager.default.isWritableFile(atPath: folder.isEmpty ? "." : folder) else {
      throw CommandFailure("\(path): \(what) cannot be written there: check the folder's rights, or choose another")
    }
  }

  /// A model file that can be written. It takes the place of another model alone: data, a gallery or what else may have the
  /// name stays.
  static func checkModel(_ path: String, for what: String = "the model") throws {
    try checkFile(path, for: what)
    guard DurableFile.isRegular(path), let size = DurableFile.size(Links.followed(path)), size > 0 else { return }
    guard let file = FileContents.handle(path), let bytes = try? file.read(upToCount: 16) else { return }
    // A safetensors file begins with the length of its header, which is an object.
    let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard bytes.count > 8, bytes[8] == UInt8(ascii: "{"), length < UInt64(size) else {
      throw CommandFailure(
        "\(path): what is there is no model and is not replaced: choose another name, or move it away")
    }
  }

  /// A file that can be written without taking the place of a database, or of what is read.
  static func checkFile(_ path: String, for what: String, sparing data: [String]) throws {
    try checkFile(path, for: what)
    guard DurableFile.isRegular(path) else { return }
    let place = Links.absolute(path)
    for input in data.map(Links.absolute) where place == input || place.hasPrefix(input + "/") {
      throw CommandFailure("\(path): this is a part of the data, and is not replaced: choose another name for \(what)")
    }
    let bytes = FileContents.handle(path).flatMap { try? $0.read(upToCount: 16) }
    if bytes == Data("SQLite format 3\0".utf8) {
      throw CommandFailure("\(path): this is a database, and is not replaced: choose another name for \(what)")
    }
  }

  /// A folder that is there, or can be made.
  static func checkFolder(_ path: String, for what: String) throws {
    guard !path.isEmpty else { throw CommandFailure("\(what) needs a folder to be written to: give it a name") }
    var nearest = path
    while !nearest.isEmpty, !FileManager.default.fileExists(atPath: nearest) {
      nearest = PathParts.folder(of: nearest)
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
