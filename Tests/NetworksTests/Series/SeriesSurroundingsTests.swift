import Foundation
import Networks
import Testing

@Suite("What is around a moment")
struct SeriesSurroundingsTests {
  private static func piece(_ samples: Int) throws -> (SeriesPiece, SeriesSampling) {
    let sampling = try SeriesSampling(channels: ["a"], step: 20, window: 10, hop: 4)
    let text = (0..<samples).reduce("t_ms,a\n") { $0 + "\($1 * 20),\($1)\n" }
    let stream = try SeriesStream(csv: Data(text.utf8), name: "s_1")
    return (try #require(sampling.pieces(of: stream).first), sampling)
  }

  @Test("each moment is once in the samples, and in the middle of its surroundings")
  func middles() throws {
    let (piece, sampling) = try Self.piece(60)
    let moments = sampling.moments(of: piece)
    let seen = SeriesSurroundings(of: moments, in: piece, sampling, span: 5)
    #expect(seen.samples == moments)
    #expect(seen.middles.map { seen.samples[$0] } == moments)
    #expect(seen.count == moments.count)
  }

  @Test("off the grid of the piece's moments the neighbours are a hop apart, and none is beyond a whole window")
  func borders() throws {
    let (piece, sampling) = try Self.piece(30)
    // Moments are 5, 9, …, 25; 7 is between two, 25 is the last.
    #expect(SeriesSurroundings(of: [7], in: piece, sampling, span: 5).samples == [7, 11, 15])
    #expect(SeriesSurroundings(of: [25], in: piece, sampling, span: 5).samples == [17, 21, 25])
    #expect(SeriesSurroundings(of: [15], in: piece, sampling, span: 1).samples == [15])
    let (short, _) = try Self.piece(10)
    #expect(SeriesSurroundings(of: [5], in: short, sampling, span: 27).samples == [5])
  }
}
