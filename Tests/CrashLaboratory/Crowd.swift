import Foundation
import GRDBSQLite
import Likeness
import Seeded

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Many processes on one gallery: two write, eight read, and one of the writers is killed.
///
/// A writer keeps in a file of its own how many enrolments were acknowledged. A reader looks there first and asks then:
/// what was acknowledged before it asked has to be in the answer.
struct Crowd {
  private static let writers = 2
  private static let readers = 8

  /// The vector of an enrolment, which anybody can make up again.
  private static func vector(_ writer: Int, _ number: Int) -> [Float] {
    var random = Seeded(UInt64(writer) << 32 | UInt64(number))
    return random.vector(Subject.dimension)
  }

  private static func counter(_ folder: String, _ writer: Int) -> String { "\(folder)/acknowledged-\(writer)" }

  private static func acknowledged(_ folder: String, _ writer: Int) -> Int {
    let text = FileManager.default.contents(atPath: counter(folder, writer)).map { String(decoding: $0, as: UTF8.self) }
    return text.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) } ?? 0
  }

  // MARK: Children

  /// Enrolls until it is told to stop by a file, or killed.
  static func write(_ writer: Int, folder: String) throws {
    let gallery = try Gallery(path: folder + "/" + Subject.fileName, configuration: Subject.configuration())
    let file = open(counter(folder, writer), O_CREAT | O_WRONLY, 0o644)
    for number in 1...100_000 {
      if FileManager.default.fileExists(atPath: folder + "/stop") { break }
      try gallery.enroll(vector(writer, number), as: "writer \(writer), \(number)")
      let text = Array("\(number)".utf8)
      pwrite(file, text + [UInt8](repeating: 32, count: 8 - text.count), 8, 0)
    }
    try gallery.close()
  }

  /// Asks until it is told to stop; prints how often, and what was wrong.
  static func read(_ reader: Int, folder: String) throws {
    let gallery = try Gallery(path: folder + "/" + Subject.fileName, configuration: Subject.configuration())
    var outcome = Outcome()
    while !FileManager.default.fileExists(atPath: folder + "/stop") || outcome.runs < 3 {
      let counts = (0..<writers).map { acknowledged(folder, $0) }
      let writer = (outcome.runs + reader) % writers
      let probe = vector(writer, max(1, counts[writer]))
      let answer = try gallery.query(.vector(probe), k: 1)
      let least = counts.reduce(0, +)
      if answer.gallerySize.embeddings < least {
        outcome.take(.lost("\(least) were acknowledged, \(answer.gallerySize.embeddings) are searched"), "reader")
      } else if counts[writer] > 0, answer.candidates.first?.distance != 0 {
        outcome.take(.wrong("the newest acknowledged is not found"), "reader \(reader)")
      } else {
        outcome.take(.sound(commits: 0), "")
      }
    }
    FileHandle.standardOutput.write(try JSONEncoder().encode(outcome))
  }

  /// Holds the write lock until standard input ends.
  static func hold(folder: String) throws {
    var connection: OpaquePointer?
    sqlite3_open(folder + "/" + Subject.fileName, &connection)
    guard sqlite3_exec(connection, "BEGIN IMMEDIATE; DELETE FROM identity", nil, nil, nil) == SQLITE_OK else { return }
    FileHandle.standardOutput.write(Data(".".utf8))
    _ = FileHandle.standardInput.readDataToEndOfFile()
  }

  // MARK: The parent

  static func run(milliseconds: Int) throws -> Outcome {
    let folder = try Folder()
    let subject = Subject(folder: folder.path, configuration: Subject.configuration())
    _ = try subject.gallery
    try subject.close()
    let writing = try (0..<writers).map { try start(["--writer", "\($0)", "--folder", folder.path]).0 }
    let reading = try (0..<readers).map { try start(["--reader", "\($0)", "--folder", folder.path]) }
    usleep(UInt32(milliseconds) * 1_000)
    // In the middle of whatever it does. The other one goes on.
    _ = Laboratory.end(writing[0].processIdentifier)
    writing[0].waitUntilExit()
    let before = acknowledged(folder.path, 1)
    var waited = 0
    while acknowledged(folder.path, 1) < before + 5, waited < 20_000 {
      usleep(1_000)
      waited += 1
    }
    try Data().write(to: URL(fileURLWithPath: folder.path + "/stop"))
    var outcome = Outcome()
    for (process, pipe) in reading {
      let output = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      guard let one = try? JSONDecoder().decode(Outcome.self, from: output) else {
        outcome.crashed += 1
        outcome.note("a reader ended with \(process.terminationStatus)")
        continue
      }
      outcome.runs += one.runs
      outcome.lost += one.lost
      outcome.wrong += one.wrong
      one.notes.forEach { outcome.note($0) }
    }
    writing[1].waitUntilExit()
    if acknowledged(folder.path, 1) < before + 5 || writing[1].terminationStatus != 0 {
      outcome.wrong += 1
      outcome.note("the other writer did not go on when one was killed")
    }
    let rows = try PlainReader.read(subject.path)
    for writer in 0..<writers {
      for number in stride(from: 1, through: acknowledged(folder.path, writer), by: 1)
      where !rows.identities.contains("writer \(writer), \(number)") {
        outcome.lost += 1
        outcome.note("writer \(writer)'s enrolment \(number) is not there")
      }
    }
    if rows.rows.count > (0..<writers).reduce(0, { $0 + acknowledged(folder.path, $1) }) + 1 {
      outcome.wrong += 1
      outcome.note("there are \(rows.rows.count) rows, more than were enrolled")
    }
    return outcome
  }

  /// A writer waits for another process only as long as it was told, and says which one it is; readers do not wait.
  static func runLocked() throws -> Outcome {
    let folder = try Folder()
    var configuration = Subject.configuration()
    configuration.busyTimeout = 0.1
    let subject = Subject(folder: folder.path, configuration: configuration)
    let vector = vector(0, 1)
    try subject.gallery.enroll(vector, as: "Ada")
    let input = Pipe()
    let (process, pipe) = try start(["--hold", "--folder", folder.path], input: input)
    _ = pipe.fileHandleForReading.readData(ofLength: 1)
    var outcome = Outcome()
    let answer = try subject.gallery.query(.vector(vector), k: 1)
    outcome.take(answer.candidates.count == 1 ? .sound(commits: 0) : .wrong("a reader saw what is not committed"), "")
    do {
      try subject.gallery.enroll(vector, as: "Grace")
      outcome.take(.wrong("two wrote at once"), "")
    } catch GalleryError.locked(_, _, let holder) {
      #if os(Linux)
        let isNamed = holder == "process \(process.processIdentifier)"
      #else
        let isNamed = true
      #endif
      outcome.take(isNamed ? .sound(commits: 0) : .wrong("the holder is called \(holder ?? "nobody")"), "")
    }
    // It dies with the lock in its hands.
    _ = Laboratory.end(process.processIdentifier)
    process.waitUntilExit()
    try subject.gallery.enroll(vector, as: "Grace")
    let count = try subject.gallery.identities().count
    outcome.take(count == 2 ? .sound(commits: 0) : .wrong("\(count) identities instead of two"), "after the holder")
    withExtendedLifetime(input) {}
    return outcome
  }

  private static func start(_ arguments: [String], input: Pipe? = nil) throws -> (Process, Pipe) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Laboratory.executable)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = input ?? FileHandle.nullDevice
    try process.run()
    return (process, pipe)
  }
}
