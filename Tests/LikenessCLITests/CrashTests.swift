import Foundation
import Seeded
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Acknowledged is durable")
struct CrashTests {
  @Test("20 kills during enrolment lose nothing acknowledged, and leave no batch half-written")
  func killed() throws {
    let folder = try TemporaryFolder()
    let gallery = folder.path + "/gallery.db"
    let model = try TrainedModel.get().path
    let pictures = 4
    let first = try DrawnFaces(people: 1, pictures: pictures, seed: 1, prefix: "first")
    let started = ContinuousClock.now
    #expect(try CommandRun.likeness("enroll", gallery, first.path, "--model", model).status == 0)
    let whole = ContinuousClock.now - started

    var acknowledged = ["first1"]
    var attempted: [String] = []
    var random = Seeded(99)
    for round in 1...20 {
      let people = try DrawnFaces(people: 1, pictures: pictures, seed: UInt64(100 + round), prefix: "round\(round)-")
      let name = people.people[0]
      attempted.append(name)
      let output = folder.path + "/out\(round)"
      let process = try CommandRun.start(
        CommandRun.likeness, ["enroll", gallery, people.path, "--json"], output: output, errors: output + ".err")
      // Anywhere in the run, and a little after: the moment is the point of the test.
      let share = random.uniform(0.2, 1.3)
      usleep(
        UInt32(share * Double(whole.components.attoseconds / 1_000_000_000_000 + whole.components.seconds * 1_000_000)))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      // The summary on stdout is the acknowledgement.
      if try String(contentsOfFile: output, encoding: .utf8).contains("\"enrolled\"") { acknowledged.append(name) }
    }

    let listed = try CommandRun.likeness("identities", gallery, "--json")
    #expect(listed.status == 0, "\(listed.errors)")
    let rows = try #require(try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]])
    var counts: [String: Int] = [:]
    for row in rows { counts[row["name"] as? String ?? ""] = row["embeddings"] as? Int }
    for name in acknowledged { #expect(counts[name] == pictures, "\(name) was acknowledged and is not whole") }
    for name in attempted { #expect(counts[name] == nil || counts[name] == pictures, "\(name) is half-written") }
    let info = try CommandRun.likeness("info", gallery, "--json")
    #expect(info.status == 0, "\(info.errors)")
  }
}
