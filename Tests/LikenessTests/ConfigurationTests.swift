import Dispatch
import Foundation
import GRDB
import Likeness
import Testing

/// What a gallery is opened with, and what is called on one at odd moments.
@Suite struct ConfigurationTests {
  @Test("any time to wait is taken: infinity waits for ever", arguments: [.infinity, 1e17, 1e300, 9.3e15, 1e-300, 0.0])
  func patience(seconds: Double) throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2) { $0.busyTimeout = seconds }
    let other = try otherHand(scratch.path())
    if seconds > 1 {
      try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
      let done = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        #expect(throws: Never.self) { try gallery.enroll([1, 2], as: "Ada") }
        done.signal()
      }
      try other.inDatabase { try $0.execute(sql: "COMMIT") }
      done.wait()
    }
    try gallery.enroll([1, 2], as: "Grace")
    #expect(try gallery.query(.vector([1, 2]), k: 1).candidates.first?.distance == 0)
    try gallery.close()
    #expect(try Gallery(path: scratch.path(), configuration: quiet { $0.busyTimeout = seconds }).info().embeddings > 0)
  }

  @Test("a configuration that no query could be answered with is refused on opening, before there is a file")
  func outOfRange() throws {
    let scratch = try Scratch()
    let cases: [(String, (inout GalleryConfiguration) -> Void)] = [
      ("busyTimeout is nan", { $0.busyTimeout = .nan }), ("busyTimeout is -inf", { $0.busyTimeout = -.infinity }),
      ("busyTimeout is -1", { $0.busyTimeout = -1 }), ("M is 1", { $0.M = 1 }), ("M is 0", { $0.M = 0 }),
      ("M is 129", { $0.M = 129 }), ("threads is 0", { $0.threads = 0 }), ("threads is -1", { $0.threads = -1 }),
      ("efConstruction is 0", { $0.efConstruction = 0 }), ("recall is 2", { $0.recall = 2 }),
      ("recall is nan", { $0.recall = .nan }), ("ef is 0", { $0.ef = 0 }),
      (
        "there is no such folder",
        {
          $0.compact = true
          $0.compactFolder = scratch.path("nowhere")
        }
      ),
    ]
    for (words, change) in cases {
      for indexing in [GalleryConfiguration.Indexing.onOpen, .onFirstQuery] {
        let configuration = quiet {
          $0.indexing = indexing
          change(&$0)
        }
        for body in [
          { _ = try Gallery(path: scratch.path(), configuration: configuration) },
          { _ = try Gallery.diagnose(path: scratch.path(), configuration: configuration) },
        ] as [() throws -> Void] {
          let error = try #require(throws: GalleryError.self, "\(words)") { try body() }
          guard case .invalidArgument(let reason) = error else {
            Issue.record("\(words): \(error)")
            continue
          }
          #expect(reason.contains(words) && !reason.contains("free some"), "\(reason)")
        }
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path).isEmpty)
    _ = try Gallery(path: scratch.path(), configuration: quiet { $0.compactFolder = scratch.path("nowhere") })
  }

  @Test("the progress of a rebuild may ask and write; what would wait for the rebuild itself is refused")
  func reentrance() throws {
    let scratch = try Scratch()
    let first = try makeGallery(scratch.path(), 4)
    for count in 0..<50 { try first.enroll([Float(count), 1, 2, 3], as: "p\(count)") }
    try first.close()
    for indexing in [GalleryConfiguration.Indexing.onOpen, .onFirstQuery] {
      let gallery = try Gallery(path: scratch.path(), configuration: quiet { $0.indexing = indexing })
      var refusals: [String] = []
      var answers = 0
      try gallery.rebuild(sample: 0) { _ in
        do { try gallery.rebuild(sample: 0) } catch { refusals.append("\(error)") }
        if (try? gallery.query(.vector([1, 1, 2, 3]), k: 1)) != nil { answers += 1 }
        _ = try? gallery.enroll([7, 7, 7, 7], as: "meanwhile")
      }
      #expect(!refusals.isEmpty && refusals.allSatisfy { $0.contains("called from the progress of that") })
      #expect(answers == (indexing == .onOpen ? refusals.count : 0))
      #expect(try gallery.query(.vector([7, 7, 7, 7]), k: 1).candidates.first?.identity == "meanwhile")
      #expect(try gallery.rebuild(sample: 0).embeddings == gallery.info().embeddings)
    }
  }

  @Test("after close everything throws, also what would have nothing to do")
  func closed() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    #expect(try gallery.query([Probe]()).isEmpty && gallery.enroll([Enrollment]()).isEmpty)
    try gallery.close()
    #expect(throws: GalleryError.closed(path: scratch.path())) { try gallery.query([Probe]()) }
    #expect(throws: GalleryError.closed(path: scratch.path())) { try gallery.enroll([Enrollment]()) }
  }

  @Test("a sample of fewer than no searches is refused")
  func sample() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    for body in [{ try gallery.rebuild(sample: -1) }, { try gallery.verify(sample: -1) }] as [() throws -> Any] {
      #expect(throws: GalleryError.invalidArgument(reason: "the sample is -1: give 0 or more")) { _ = try body() }
    }
  }

  @Test("attributes that JSON cannot hold are refused for what is wrong with them; whole numbers come back as such")
  func attributes() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 2)
    let deep = (0..<600).reduce(JSONValue.integer(1)) { value, _ in .array([value]) }
    #expect { try gallery.enroll([1, 2], as: "Ada", attributes: ["deep": deep]) } throws: {
      "\($0)".contains("within each other") && !"\($0)".contains("NaN")
    }
    for number in [Double.nan, -.infinity] {
      let value = JSONValue.array([.object(["y": .number(number)])])
      #expect { try gallery.enroll([1, 2], as: "Ada", attributes: ["x": value]) } throws: {
        "\($0)".contains("NaN or infinity")
      }
    }
    let given: [String: JSONValue] = ["whole": .number(3), "zero": .number(-0.0), "part": .number(1.5)]
    try gallery.enroll([1, 2], as: "Ada", attributes: given)
    let kept = try #require(try gallery.embeddings(of: "Ada").first).attributes
    #expect(kept == ["whole": .integer(3), "zero": .integer(0), "part": .number(1.5)])
  }

  @Test("errors of this library say the same to Foundation; numbers of trainings are compared like others")
  func siblings() throws {
    let scratch = try Scratch()
    let gallery = try makeGallery(scratch.path(), 1)
    let rows = try VectorImport(file: try scratch.write(Data("identity,v0\nAda,x\n".utf8), to: "rows.csv"))
    let error = try #require(throws: ImportError.self) { try rows.run(into: gallery) }
    #expect((error as any Error).localizedDescription == error.description)
    #expect(TrainingRunID(1) < TrainingRunID(2))
  }
}
