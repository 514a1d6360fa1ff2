import FuzzTargets
import Testing

@Suite("Bytes that anybody may have made")
struct FuzzTests {
  @Test(
    "the seeds are read, and no mutation of them does worse than be refused with a sentence", arguments: FuzzTarget.all)
  func mutations(target: FuzzTarget) throws {
    let seeds = try target.seeds()
    var accepted = 0
    for (name, bytes) in seeds where try target.read(bytes) {
      #expect(!name.hasPrefix("refused"))
      accepted += 1
    }
    #expect(accepted > 0, "\(target.name) accepts none of its \(seeds.count) seeds")
    var refused = 0
    // A gallery is opened, written and closed for each.
    for number in 0..<UInt64(target.name == "gallery" ? 250 : target.name == "snapshot" ? 1_000 : 3_000) {
      var mutation = Mutation(seed: number)
      guard let seed = seeds.randomElement(using: &mutation), let other = seeds.randomElement(using: &mutation) else {
        return
      }
      let bytes = mutation.mutate(seed.bytes, with: other.bytes)
      do {
        if try !target.read(bytes) { refused += 1 }
      } catch {
        Issue.record("mutation \(number) of \(seed.name): \(error)")
      }
    }
    #expect(refused > 0)
  }
}

extension FuzzTarget: CustomTestStringConvertible {
  /// Its name.
  public var testDescription: String { name }
}
