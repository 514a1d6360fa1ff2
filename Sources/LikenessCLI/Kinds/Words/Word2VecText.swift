import Foundation
import Networks

/// Writes vectors as word2vec text, complete or not at all.
enum Word2VecText {
  static func write(_ model: WordModel, to path: String) throws {
    let draft = path + ".part"
    guard FileManager.default.createFile(atPath: draft, contents: nil),
      let handle = FileHandle(forWritingAtPath: draft)
    else { throw CommandFailure("\(path): cannot be written: check the folder and its rights") }
    do {
      var pending = Data()
      try model.writeWord2Vec { line in
        pending.append(contentsOf: line.utf8)
        if pending.count > 1 << 20 {
          try handle.write(contentsOf: pending)
          pending.removeAll(keepingCapacity: true)
        }
      }
      try handle.write(contentsOf: pending)
      try handle.close()
      try? FileManager.default.removeItem(atPath: path)
      try FileManager.default.moveItem(atPath: draft, toPath: path)
    } catch {
      try? FileManager.default.removeItem(atPath: draft)
      throw CommandFailure("\(path): cannot be written (\(error.localizedDescription)): free some space")
    }
  }
}
