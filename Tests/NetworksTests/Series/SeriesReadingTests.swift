import Foundation
import Networks
import Testing

@Suite("Reading series")
struct SeriesReadingTests {
  private static func stream(_ text: String, name: String = "s1_a") throws -> SeriesStream {
    try SeriesStream(csv: Data(text.utf8), name: name)
  }

  private static func reason(_ text: String) -> String {
    do {
      _ = try stream(text)
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  /// A row every `interval` ms of one channel that rises by 1 a row, but for those left out.
  private static func ramp(_ rows: Int, interval: Int = 20, without: Range<Int> = 0..<0) -> String {
    (0..<rows).filter { !without.contains($0) }
      .reduce("t_ms,a\n") { $0 + "\($1 * interval),\($1)\n" }
  }

  private static func sampling(_ channels: [String] = ["a"]) throws -> SeriesSampling {
    try SeriesSampling(channels: channels, step: 20, window: 50, hop: 5)
  }

  @Test("times, channels and labels are where the header says, whatever stands between the fields")
  func columns() throws {
    for text in [
      "t_ms,x,label,y\n0,1,walk,2\n10,3,,4\n", "\u{FEFF}label;t_ms;y;x\r\nwalk;0;2;1\r\n;10;4;3\r\n",
      "x\t\"y\"\tt_ms\tlabel\n1\t2\t0\twalk\n3\t4\t10\t\n\n",
    ] {
      let stream = try Self.stream(text, name: "anna_07_left")
      #expect(stream.subject == "anna" && stream.times == [0, 10] && stream.labels == ["walk", nil])
      let (x, y) = (
        try #require(stream.channels.firstIndex(of: "x")), try #require(stream.channels.firstIndex(of: "y"))
      )
      #expect([x, y].map { stream.values[$0] } == [1, 2])
      #expect([x, y].map { stream.values[2 + $0] } == [3, 4])
    }
  }

  @Test("fields in quotation marks, numbers too, are read as RFC 4180 has them, whatever ends the lines")
  func quoted() throws {
    let text = """
      "t_ms","x, to the right","la""bel",label
      "0","1.5",2,"walk, then ""run\"""
      "10", "-2.5e1" ,"","two
      lines"
      20,3,4,a 5" step

      """
    for end in ["\n", "\r\n", "\r"] {
      let stream = try Self.stream(text.replacingOccurrences(of: "\n", with: end))
      #expect(stream.channels == ["x, to the right", "la\"bel"] && stream.times == [0, 10, 20])
      #expect(stream.values[0] == 1.5 && stream.values[1] == 2 && stream.values[2] == -25 && stream.values[3].isNaN)
      #expect(stream.labels == ["walk, then \"run\"", "two\(end)lines", "a 5\" step"])
    }
    #expect(try Self.stream("\"date\";\"a\"\n\"2016-02-28 23:00:00\";\"1\"\n").times == [1_456_700_400_000])
    #expect(Self.reason("t_ms,a\n0,1\n\"10,2\n20,3\n").contains("line 3"))
    #expect(Self.reason("t_ms,a\n0,\"1\"5\n").contains("line 2: something stands between"))
    #expect(Self.reason("t_ms,a,label\n0,1,\"a\nb\"\n10,\"hot\",\n").contains("line 4: a is \"hot\""))
  }

  @Test("values far from zero and close together keep what they differ by, and those that are too large are called so")
  func narrow() throws {
    let stream = try Self.stream("t_ms,a,b\n0,5400000.13,1.5\n20,5400000.26,2.5\n40,,\n60,5400000.2,3\n")
    #expect(stream.offsets == [5_400_000.13, 0])
    #expect([0, 2, 6].map { (stream.values[$0] * 100).rounded() } == [0, 13, 7] && stream.values[4].isNaN)
    #expect([1, 3, 7].map { stream.values[$0] } == [1.5, 2.5, 3])
    #expect(try Self.stream("t_ms,a\n0,0.1\n20,0.25\n").offsets == [0])
    #expect(Self.reason("t_ms,a,b\n0,1e19,1\n20,1e300,2\n").contains("\"a\" are too large, beyond 1e+18"))
    #expect(Self.reason("t_ms,a,b\n0,,1\n20,,2\n").contains("has no value in any row"))
  }

  @Test("dates become milliseconds")
  func dates() throws {
    let stream = try Self.stream("date,OT\n2016-02-28 23:00:00,30\n2016-02-29T00:00:00.500Z,31\n2016-03-01 00:00,32\n")
    #expect(stream.times.first == 1_456_700_400_000)
    #expect(zip(stream.times.dropFirst(), stream.times).map { $0 - $1 } == [3_600_500, 86_399_500])
  }

  @Test("what is no series is refused in a sentence that names the line")
  func refusals() {
    #expect(Self.reason("").contains("is empty"))
    #expect(Self.reason("t_ms,a\n").contains("no rows"))
    #expect(Self.reason("a,b\n1,2\n").contains("t_ms"))
    #expect(Self.reason("t_ms,label\n1,x\n").contains("no channel"))
    #expect(Self.reason("t_ms,a,a\n1,2,3\n").contains("same name"))
    #expect(Self.reason("t_ms,a\n0,1\n10\n").contains("line 3 has 1 fields"))
    #expect(Self.reason("t_ms,a\n0,1\n10,hot\n").contains("line 3: a is \"hot\""))
    #expect(Self.reason("t_ms,a\n0,1\n10,-0x1A\n").contains("line 3: a is \"-0x1A\""))
    #expect(Self.reason("t_ms,a\n0,1\n\"\",2\n").contains("line 3"))
    #expect(Self.reason("t_ms,a\n10,1\n0,2\n").contains("goes back at line 3"))
    #expect(Self.reason("t_ms,a,b\n0,1,\n10,2,NaN\n").contains("\"b\" has no value"))
  }

  @Test("a gap is a border: two pieces, and no moment's window lies across it")
  func gaps() throws {
    let pieces = try Self.sampling().pieces(of: Self.stream(Self.ramp(300, without: 120..<160)))
    #expect(pieces.map(\.start) == [0, 3200])
    #expect(pieces.map(\.values.count) == [120, 140])
    for piece in pieces {
      let steps = zip(piece.values.dropFirst(), piece.values).map { $0 - $1 }
      #expect(steps.allSatisfy { abs($0 - 1) < 1e-3 })
    }
    #expect(try Self.sampling().moments(of: pieces[0]) == Array(stride(from: 25, through: 95, by: 5)))
  }

  @Test("a short hole, in time or in a channel, is bridged; a long one in a channel is a border")
  func holes() throws {
    #expect(try Self.sampling().pieces(of: Self.stream(Self.ramp(200, without: 80..<84))).map(\.values.count) == [200])
    func text(_ hole: Range<Int>) -> String {
      (0..<200).reduce("t_ms,a,b\n") { $0 + "\($1 * 20),\($1),\(hole.contains($1) ? "nan" : "\($1)")\n" }
    }
    let bridged = try Self.sampling(["a", "b"]).pieces(of: Self.stream(text(80..<84)))
    #expect(bridged.count == 1 && bridged.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    #expect(abs(bridged[0].values[2 * 82 + 1] - 82) < 1e-3)
    #expect(try Self.sampling(["a", "b"]).pieces(of: Self.stream(text(80..<110))).map(\.values.count) == [160, 180])
    // A channel that nobody asks for may be as full of holes as it likes.
    #expect(try Self.sampling(["a"]).pieces(of: Self.stream(text(80..<110))).map(\.values.count) == [200])
  }

  @Test("an irregular or higher rate is resampled, one too low is refused, missing channels are named")
  func rates() throws {
    var random = SeededRandom(seed: 4)
    var (text, time) = ("t_ms,a\n", 0.0)
    for _ in 0..<600 {
      text += "\(time),\(time / 20)\n"
      time += random.uniform(4, 16)
    }
    let pieces = try Self.sampling().pieces(of: Self.stream(text))
    #expect(pieces.count == 1)
    #expect(pieces[0].values.enumerated().allSatisfy { abs($1 - Float($0)) < 1e-2 })
    #expect(throws: SeriesError.self) { try Self.sampling().pieces(of: Self.stream(Self.ramp(200, interval: 50))) }
    do {
      _ = try Self.sampling(["a", "gx"]).pieces(of: Self.stream(Self.ramp(200)))
      Issue.record("a missing channel went unnoticed")
    } catch {
      #expect("\(error)".contains("no channel \"gx\""))
    }
  }

  @Test("three rows or more a step are averaged, so that what is too fast does not fold back")
  func averages() throws {
    let text = (0..<4000).reduce("t_ms,a\n") { $0 + "\($1),\($1 % 2 == 0 ? 1 : -1)\n" }
    let pieces = try Self.sampling().pieces(of: Self.stream(text))
    #expect(pieces.count == 1 && pieces[0].values.dropFirst().dropLast().allSatisfy { abs($0) < 0.2 })
  }

  @Test("the order of the channels in a file does not matter, nor does a shift of its times")
  func order() throws {
    var (one, other) = ("t_ms,a,b\n", "label,b,t_ms,a\n")
    for row in 0..<120 {
      one += "\(row * 20),\(row % 7),\(row % 5)\n"
      other += ",\(row % 5),\(row * 20 + 1_000_000),\(row % 7)\n"
    }
    let sampling = try Self.sampling(["a", "b"])
    let pieces = try [one, other].map { try #require(sampling.pieces(of: Self.stream($0)).first) }
    #expect(pieces[0].values == pieces[1].values)
    let front = try SeriesFrontEnd(sampling: sampling, fittedTo: pieces)
    #expect(front.features(of: pieces[0], at: [60]) == front.features(of: pieces[1], at: [60]))
  }

  @Test("three axes of a sensor have their length, which does not change when the sensor is turned")
  func lengths() throws {
    func piece(_ names: String, _ values: (Int) -> [Double]) throws -> SeriesPiece {
      let text = (0..<200).reduce("t_ms,\(names)\n") { text, row in
        text + "\(row * 20)," + values(row).map { "\($0)" }.joined(separator: ",") + "\n"
      }
      return try #require(
        Self.sampling(names.split(separator: ",").map(String.init)).pieces(of: Self.stream(text)).first)
    }
    func sizes(_ row: Int) -> [Double] { [3 + sin(Double(row)), cos(Double(row) / 3), 1] }
    let straight = try piece("acc_x,acc_y,acc_z") { sizes($0) }
    let turned = try piece("acc_x,acc_y,acc_z") { row in [-sizes(row)[1], sizes(row)[2], -sizes(row)[0]] }
    let named = try piece("a,b,c") { sizes($0) }
    let front = try SeriesFrontEnd(
      sampling: Self.sampling(["acc_x", "acc_y", "acc_z"]), fittedTo: [straight, turned])
    let bare = try SeriesFrontEnd(sampling: Self.sampling(["a", "b", "c"]), fittedTo: [named])
    #expect(front.count == bare.count + 4 * (front.handmade.count / 3))
    let rows = [straight, turned].map { front.features(of: $0, at: [100]) }
    let length = front.handmade.upperBound..<front.handmade.upperBound + front.handmade.count / 3
    for i in length { #expect(abs(rows[0][i] - rows[1][i]) < 1e-3) }
    #expect(zip(rows[0][front.handmade], rows[1][front.handmade]).contains { abs($0 - $1) > 0.5 })
  }

  @Test("a front end sees level, size and pitch, alone as in a batch, and survives its file")
  func frontEnd() throws {
    let sampling = try Self.sampling()
    func piece(_ level: Double, _ size: Double, _ pitch: Double) throws -> SeriesPiece {
      let text = (0..<400).reduce("t_ms,a\n") {
        $0 + "\($1 * 20),\(level + size * sin(2 * .pi * pitch * Double($1) / 50))\n"
      }
      return try #require(sampling.pieces(of: Self.stream(text)).first)
    }
    let pieces = try [piece(0, 1, 2), piece(3, 1, 2), piece(0, 3, 2), piece(0, 1, 9)]
    let front = try SeriesFrontEnd(sampling: sampling, fittedTo: pieces, workers: 2)
    let rows = pieces.map { front.features(of: $0, at: [200]) }
    let own = front.handmade.lowerBound
    #expect(rows[1][own] > rows[0][own] + 1, "the mean")
    #expect(rows[2][own + 1] > rows[0][own + 1] + 1, "the deviation")
    let bands = own + 6..<front.handmade.upperBound
    let low = bands.max { rows[0][$0] < rows[0][$1] }
    let high = bands.max { rows[3][$0] < rows[3][$1] }
    #expect(low != high, "the band")
    // Products of one row and of two may be summed up in another order, as the processor has it.
    let inBatch = front.features(of: pieces[0], at: [150, 200])[front.count...]
    #expect(inBatch.count == rows[0].count && zip(inBatch, rows[0]).allSatisfy { abs($0 - $1) < 1e-5 })
    let encoded = try JSONEncoder().encode(front)
    #expect(try JSONDecoder().decode(SeriesFrontEnd.self, from: encoded) == front)
    #expect(rows.joined().allSatisfy { abs($0) <= 5 })
  }
}
