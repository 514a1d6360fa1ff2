import Digests
import Files
import Foundation
import Likeness
import LikenessEmbedders
import LikenessTraining

/// Sentences to be enrolled, an identity each: the lines of `.txt` files, the captions of `.tsv` lists.
struct SentenceSource: EnrollmentSource {
  let noun = (one: "sentence", many: "sentences")
  /// Each with its place, `sentences.txt:17`, the source of its row.
  private let sentences: [(text: String, place: String)]
  private let name: String?
  private let embedder: CaptionEmbedder
  private let skipsBroken: Bool
  private let replaces: Bool

  /// Whether a path names a file of sentences.
  static func isSentences(_ path: String) -> Bool {
    ["txt", "tsv"].contains((path as NSString).pathExtension.lowercased())
  }

  init(paths: [String], name: String?, embedder: CaptionEmbedder, skipsBroken: Bool, replaces: Bool) throws {
    self.name = name
    self.embedder = embedder
    self.skipsBroken = skipsBroken
    self.replaces = replaces
    var seen: Set<String> = []
    var sentences: [(text: String, place: String)] = []
    for path in paths {
      for (text, line) in try Self.lines(path, skipsBroken: skipsBroken) where seen.insert(text).inserted {
        sentences.append((text, "\(path):\(line)"))
      }
    }
    self.sentences = sentences
  }

  /// The sentences, with the number of their line; of a list of captions that is the line which names the picture first, and
  /// the caption's number after it.
  private static func lines(_ path: String, skipsBroken: Bool) throws -> [(text: String, line: String)] {
    if path.lowercased().hasSuffix(".tsv") {
      return try CaptionSheet(path: path, skipsBroken: skipsBroken).entries.flatMap { entry in
        entry.captions.enumerated().map { ($1, $0 == 0 ? "\(entry.line)" : "\(entry.line).\($0 + 1)") }
      }
    }
    guard let data = FileContents.of(path), let text = String(validating: data, as: UTF8.self)
    else { throw CommandFailure("\(path): cannot be read as UTF-8 text: a sentence a line is wanted") }
    // Some editors begin a file with a mark of its encoding, which is no part of the first sentence.
    let sentences = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
    return sentences.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
      .map { ($1.trimmingCharacters(in: .whitespaces), "\($0 + 1)") }.filter { !$0.0.isEmpty }
  }

  func batch(for gallery: Gallery, progress: (Int, Int) -> Void) throws -> EnrollmentBatch {
    var batch = EnrollmentBatch()
    var known = KnownSources(
      gallery: gallery, replaced: replaces ? sentences.map { (name ?? $0.text, $0.place) } : [])
    for (sentence, vector) in zip(sentences, try embedder.embedEach(sentences.map { .text($0.text) })) {
      switch vector {
      case .success(let vector):
        let identity = name ?? sentence.text
        let digest = Digest.of(Data(sentence.text.utf8))
        if try known.contains(digest, of: identity, from: sentence.place) {
          batch.alreadyEnrolled += 1
          continue
        }
        batch.enrollments.append(
          Enrollment(identity: identity, vector: vector, source: sentence.place, sourceSHA256: digest))
      case .failure(let error):
        guard skipsBroken else {
          throw CommandFailure(
            "\(error): change it, or leave such sentences out with --skip-broken; nothing was enrolled")
        }
        batch.skipped.append(.init(path: sentence.text, reason: error.reason))
      }
    }
    progress(sentences.count, sentences.count)
    return batch
  }
}
