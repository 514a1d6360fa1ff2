import Files
import Foundation
import GRDB

extension Gallery {
  /// Says what ails a file, in sentences, whether it opens or not; and mends what is safe to mend.
  ///
  /// Safe are: triggers, views and indexes that were dropped or altered; tables that were dropped and that a gallery can do
  /// without, which are empty then; an erasure that is pending; an index snapshot that is
  /// of no use; rows that no answer can use and references that lead nowhere. Those rows are removed only after a verified copy
  /// of the gallery was made beside it (`people.gallery.before-doctor`), and are listed in a report beside it
  /// (`people.gallery.removed-rows.jsonl`). A file that does not open is never written.
  ///
  /// - Parameters:
  ///   - path: The file, which need not be a gallery.
  ///   - configuration: How to open it.
  ///   - fixing: Whether to mend.
  /// - Throws: ``GalleryError`` where mending failed, or the configuration is out of its range; what ails the file is never
  ///   an error.
  public static func diagnose(
    path: String, configuration: GalleryConfiguration = .init(), fixing: Bool = false
  ) throws -> Diagnosis {
    try configuration.check()
    let path = GalleryFile.resolved(path)
    var diagnosis = Doctor(path: path, configuration: configuration).examine()
    guard fixing, diagnosis.opens, diagnosis.complaints.contains(where: \.isFixable) else { return diagnosis }
    let mended = try Repair(path: path, configuration: configuration).run()
    diagnosis = Doctor(path: path, configuration: configuration).examine()
    diagnosis.mended = mended
    return diagnosis
  }
}

/// Looks at a file without changing it.
private struct Doctor {
  let path: String
  let configuration: GalleryConfiguration
  private var diagnosis: Diagnosis

  init(path: String, configuration: GalleryConfiguration) {
    self.path = path
    self.configuration = configuration
    diagnosis = Diagnosis(path: path, opens: false, isHealthy: false, complaints: [], remarks: [], mended: [])
  }

  func examine() -> Diagnosis {
    var doctor = self
    if !doctor.lookFromOutside() { doctor.lookInside() }
    doctor.lookAround()
    doctor.diagnosis.isHealthy = doctor.diagnosis.complaints.isEmpty
    return doctor.diagnosis
  }

  private mutating func complain(_ what: String, mend: String, fixable: Bool = false) {
    diagnosis.complaints.append(Diagnosis.Complaint(what: what, mend: mend, isFixable: fixable))
  }

  /// Whether the case is clear without opening the file.
  private mutating func lookFromOutside() -> Bool {
    if path.isEmpty || path.utf8.contains(0) {
      complain("this is no path", mend: "name a file")
      return true
    }
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      if (DurableFile.size(path + "-wal") ?? 0) > 0 {
        complain(
          "\(path) is gone, and \(path)-wal is still there: it holds the last commits, which are of no use without the file",
          mend: "put the file back beside it\(copiesBeside)")
      } else {
        complain("there is no file \(path)", mend: "check the path\(copiesBeside)")
      }
      return true
    }
    if isDirectory.boolValue {
      complain("\(path) is a directory", mend: "name a file in it")
      return true
    }
    if let other = try? Destination(path), other != .file(path) {
      complain("\(path) is no file, but a pipe or a device", mend: "name a file")
      return true
    }
    if DurableFile.size(path) == 0, (DurableFile.size(path + "-wal") ?? 0) == 0 {
      complain("\(path) is empty", mend: "enroll into it, which makes it a gallery\(copiesBeside)")
      return true
    }
    return false
  }

  private mutating func lookInside() {
    var looking = configuration
    looking.readOnly = true
    looking.indexing = .onFirstQuery
    do {
      let gallery = try Gallery(path: path, configuration: looking)
      diagnosis.opens = true
      try lookAtVersion(gallery)
      try report(gallery.verify(sample: 20))
      try lookAtRoom(gallery)
      try? gallery.close()
    } catch GalleryError.notAGallery(_, let reason) {
      let isUnknown = reason == "it is not an SQLite database"
      complain(
        "\(path) is not a gallery: \(reason)\(isUnknown ? firstBytes : "")", mend: "name another path\(copiesBeside)")
    } catch GalleryError.cannotOpen(_, let reason) {
      complain("\(path) cannot be opened: \(reason)", mend: "that done, ask again")
    } catch GalleryError.diskFull {
      complain("\(path) cannot be opened: its disk is full", mend: "free some space, and ask again")
    } catch GalleryError.locked(_, _, let holder) {
      complain(
        "\(path) is locked by another program\(holder.map { ": \($0)" } ?? "")",
        mend: "wait until it is done, or end it")
    } catch {
      complain(
        "\(Self.sentence(error))\(missingPages)",
        mend: Rescue.sentence(path) + copiesBeside)
    }
  }

  /// An error without the way out that it names itself.
  private static func sentence(_ error: any Error) -> String {
    guard case GalleryError.damagedFile(let path, let reason) = error else { return "\(error)" }
    return "\(path) is damaged: \(reason)"
  }

  private mutating func lookAtVersion(_ gallery: Gallery) throws {
    let version = try gallery.reading { db in Int(try db.integer("PRAGMA user_version")) }
    if version > GalleryFile.supportedVersion {
      complain(
        "\(path) has the schema version \(version), and this library knows \(GalleryFile.supportedVersion): it is open for "
          + "reading only", mend: "update likeness")
    } else if version < GalleryFile.supportedVersion {
      diagnosis.remarks.append(
        "its schema is version \(version); the first command that writes brings it to \(GalleryFile.supportedVersion), after "
          + "a copy to \(path).v\(version)-backup")
    } else if !FileManager.default.isWritableFile(atPath: path) {
      diagnosis.remarks.append("you may read the file, not write it")
    }
  }

  private mutating func report(_ verification: Verification) {
    diagnosis.remarks += verification.remarks
    for check in verification.checks where check.outcome == .wrong {
      for finding in check.findings.prefix(20) {
        complain(finding.what, mend: finding.mend, fixable: finding.isFixable)
      }
      let more = check.findingCount - min(check.findings.count, 20)
      if more > 0 {
        complain(
          "and \(more) more of this kind", mend: "likeness verify \(path) lists a hundred",
          fixable: check.findings.contains(where: \.isFixable))
      }
    }
  }

  private mutating func lookAtRoom(_ gallery: Gallery) throws {
    let (free, pages, size) = try gallery.reading { db in
      (
        try db.integer("PRAGMA freelist_count"), try db.integer("PRAGMA page_count"), try db.integer("PRAGMA page_size")
      )
    }
    if free * 4 > pages, free * size > 1_000_000 {
      diagnosis.remarks.append("\(free * size) bytes of it are unused: likeness compact \(path) gives them back")
    }
    let log = DurableFile.size(path + "-wal") ?? 0
    if log > 67_108_864 {
      let holder = LockHolder.readers(of: path).map { "; it is kept by \($0)" } ?? ""
      diagnosis.remarks.append("its write-ahead log has \(log) bytes\(holder): likeness compact \(path) empties it")
    }
  }

  /// What was left beside the file.
  private mutating func lookAround() {
    for name in Self.beside(path) where name.contains(".partial-") {
      complain(
        "\(name) is what is left of a copy or a snapshot that was not finished",
        mend: "delete it, unless one is being made at this moment")
    }
  }

  private var copiesBeside: String {
    let copies = Self.beside(path).filter { $0.contains("-backup") || $0.contains(".before-doctor") }
    return copies.isEmpty ? "" : "; copies beside it: \(copies.joined(separator: ", "))"
  }

  /// The files whose names begin with the gallery's.
  private static func beside(_ path: String) -> [String] {
    let name = PathParts.name(of: path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: PathParts.openFolder(of: path))) ?? []
    return names.filter { $0.hasPrefix(name + ".") }.sorted().map { PathParts.joined(PathParts.folder(of: path), $0) }
  }

  private var header: [UInt8] { DatabaseHeader(path)?.bytes ?? [] }

  /// What a file that SQLite does not know begins with, where that says something.
  private var firstBytes: String {
    let header = header
    if header.starts(with: Array("SQLite format 3\0".utf8)) { return " (its header is SQLite's, what follows is not)" }
    if header.starts(with: [0x1F, 0x8B]) { return " (it is gzip: unpack it)" }
    if header.starts(with: Array("PK".utf8)) { return " (it is a zip archive: unpack it)" }
    if !header.isEmpty, header.allSatisfy({ $0 == 0 }) { return " (it begins with zeros)" }
    if !header.isEmpty, header.allSatisfy({ (32..<127).contains($0) || $0 == 10 || $0 == 13 || $0 == 9 }) {
      return " (it is text)"
    }
    return ""
  }

  /// Whether a damaged file is shorter than its header says.
  private var missingPages: String {
    let header = header
    guard header.count == 100, let size = DurableFile.size(path) else { return "" }
    let stored = Int(header[16]) << 8 | Int(header[17])
    let page = stored == 1 ? 65_536 : stored
    let pages = header[28..<32].reduce(0) { $0 << 8 | Int($1) }
    guard page >= 512, pages > 0, size < page * pages else { return "" }
    return "; the file has \(size) bytes, and should have \(page * pages): it was cut off"
  }
}
