import Foundation
import Likeness

/// One way to hurt a gallery: what is done to it, and how it is interrupted.
struct CrashCase: Sendable {
  /// A name of one line, for the table.
  var name: String
  /// How it is interrupted.
  var interruption: Interruption
  /// What is done; the same seed does the same.
  var script: @Sendable (inout Script) -> Void
  /// Whether the graph is walked instead of every vector compared.
  var isWalking = false

  /// Whether the gallery is made before anything can go wrong.
  var beginsOpen = true

  /// How a case is interrupted.
  enum Interruption: Sendable {
    /// At every operation of the disk: the process dies, or the power fails.
    case photographs
    /// By SIGKILL, at any moment.
    case kill
    /// An operation of the disk fails, and the process goes on.
    case failingDisk(Failure)
    /// The disk of a small file system is full.
    case smallFileSystem
    /// The file system of the closed gallery becomes read-only.
    case readOnlyMedium
    /// Two processes write, eight read, and one of the writers is killed.
    case crowd
    /// Another process is in a write transaction, and is killed in it.
    case lockHolder
    /// The files are damaged while nobody has them open.
    case damage(Damage)
  }

  func operations(seed: UInt64) -> [Operation] {
    var script = Script(seed: seed)
    self.script(&script)
    return script.operations
  }
}

/// What a disk does wrong.
enum Failure: String, Sendable, CaseIterable {
  case writeError, shortWrite, syncError, truncateError, readError, openError, diskFull

  /// Whether it goes on failing until the library has refused an operation.
  var lasts: Bool { self == .diskFull }
}

/// What becomes of files that nobody has open.
enum Damage: String, Sendable, CaseIterable {
  case logCutAnywhere, logBitFlip, fileCutAtEveryPage, fileBitFlip, fileZeroedPage
}

/// How a case came out.
struct Outcome: Sendable, Codable {
  var runs = 0
  var lost = 0
  var wrong = 0
  var crashed = 0
  /// The first few that went wrong.
  var notes: [String] = []

  mutating func take(_ verdict: Verdict, _ place: @autoclosure () -> String) {
    runs += 1
    switch verdict {
    case .sound: return
    case .lost(let what):
      lost += 1
      note("\(place()): \(what)")
    case .wrong(let what):
      wrong += 1
      note("\(place()): \(what)")
    }
  }

  mutating func note(_ text: String) {
    if notes.count < 5 { notes.append(text) }
  }
}
