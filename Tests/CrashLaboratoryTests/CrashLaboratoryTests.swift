import Foundation
import Testing

@Suite("The crash laboratory, in short")
struct CrashLaboratoryTests {
  /// The laboratory that was built beside these tests.
  private static let laboratory: String = {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    var folder = bundle.deletingLastPathComponent()
    // On macOS the tests are deep inside a bundle.
    for _ in 0..<6 {
      let candidate = folder.appendingPathComponent("CrashLaboratory").path
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
      folder = folder.deletingLastPathComponent()
    }
    return "CrashLaboratory-was-not-built"
  }()

  @Test(
    "whatever interrupts it, a gallery loses nothing acknowledged, keeps no half of a batch, and answers what its rows say",
    arguments: [
      "crash at every disk operation", "kill -9", "fail", "short", "full", "does not open", "damage", "other hands",
    ])
  func interrupted(cases: String) throws {
    let (status, output) = try Self.run("--only", cases)
    #expect(status == 0, "\(output)")
    // An empty table proves nothing.
    #expect(Self.column(1, of: output) > 3, "\(output)")
  }

  @Test("a gallery that does not sync its commits is found to lose them when the power fails")
  func careless() throws {
    let (status, output) = try Self.run("--only", "crash at every disk operation: enroll", "--careless")
    #expect(status == 1, "\(output)")
    #expect(Self.column(2, of: output) > 0, "\(output)")
    // Lost, but never half of anything.
    #expect(Self.column(3, of: output) == 0, "\(output)")
  }

  private static func run(_ arguments: String...) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: laboratory)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }

  /// The sum of a column of the table: case, runs, lost, wrong, crashed.
  private static func column(_ number: Int, of table: String) -> Int {
    table.split(separator: "\n").dropFirst(2).map { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      return cells.count > number ? Int(cells[number]) ?? 0 : 0
    }.reduce(0, +)
  }
}
