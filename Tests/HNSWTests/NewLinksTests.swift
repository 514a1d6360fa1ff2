import CKernels
import Seeded
import Testing

@Suite("Links that a search has not met")
struct NewLinksTests {
  @Test("each is written once, in the order of the row, and marked; asking for its block changes nothing")
  func newLinks() throws {
    let (limit, none) = (1_000 as UInt32, UInt32.max)
    var random = Seeded(7)
    // Chunks of 256 blocks, as a search of a thousand slots knows them.
    let chunks = (0..<4).map { _ in UnsafeMutableRawPointer.allocate(byteCount: 256 * 64, alignment: 64) }
    defer { for chunk in chunks { chunk.deallocate() } }
    let places = chunks.map(Optional.init)
    for round in 0..<300 {
      // Numbers come twice, some are past the limit as of nodes that joined later, and rows end with nothing.
      let span = [20, 1_200].randomElement(using: &random) ?? 20
      var row = (0..<32).map { _ in UInt32.random(in: 0..<UInt32(span), using: &random) }
      for i in Int.random(in: 0...32, using: &random)..<32 { row[i] = none }
      let mark = UInt8(round % 250 + 1)
      var marks = (0..<limit).map { _ in Bool.random(using: &random) ? mark : 0 } + [mark]
      var (expected, seen) = ([UInt32](), marks)
      for link in row where link < limit && seen[Int(link)] != mark {
        seen[Int(link)] = mark
        expected.append(link)
      }
      var asked = marks
      var out = [UInt32](repeating: none, count: 33)
      let count = ck_new_links(row, 32, limit, &marks, mark, &out)
      #expect(Array(out.prefix(count)) == expected)
      #expect(marks == seen)
      let countAsked = places.withUnsafeBufferPointer { places in
        var blocks = ck_blocks(chunks: places.baseAddress!, shift: 8, mask: 255, stride: 64)
        return ck_new_links_and_blocks(row, 32, limit, &asked, mark, &out, &blocks)
      }
      #expect(Array(out.prefix(countAsked)) == expected)
      #expect(asked == seen)
    }
  }
}
