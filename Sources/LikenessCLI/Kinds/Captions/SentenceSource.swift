import Digests
import Files
import Foundation
import Likeness
import LikenessEmbedders
import LikenessTraining

/// Sentences to be enrolled, an identity each: the lines of `.txt` files, the captions of `.tsv` lists.
struct SentenceSource: EnrollmentSource {
  let noun = (one: "sentence", many: "sentences")
  private let sentences: [(text: String, path: String)]
  private let name: String?
  private let embedder: CaptionEmbedder
  private let skipsBroken: Bool

  /// Whether a path names a file of sentences.
  static func isSentences(_ path: String) -> Bool {
    ["txt", "tsv"].contains((path as NSString).pathExtension.lowercased())
  }

  init(paths: [String], name: String?, embedder: CaptionEmbedder, skipsBroken: Bool) throws {
    self.name = name
    self.embedder = embedder
    self.skipsBroken = skipsBroken
    var seen: Set<String> = []
    var sentences: [(text: String, path: String)] = []
    for path in paths {
      for text in try Self.lines(path, skipsBroken: skipsBroken) where seen.insert(text).inserted {
        sentences.append((text, path))
      }
    }
    self.sentences = sentences
  }

  private static func lines(_ path: String, skipsBroken: Bool) throws -> [String] {
    if path.lowercased().hasSuffix(".tsv") {
      return try CaptionSheet(path: path, skipsBroken: skipsBroken).entries.flatMap(\.captions)
    }
    guard let data = FileContents.of(path), let text = String(validating: data, as: UTF8.self)
    else { throw CommandFailure("\(path): cannot be read as UTF-8 text: a sentence a line is wanted") }
    // Some editors begin a file with a mark of its encoding, which is no part of the first sentence.
    let sentences = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
    return sentences.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
  }

  func batch(for gallery: Gallery, progress: (Int, Int) -> Void) throws -> EnrollmentBatch {
    var batch = EnrollmentBatch()
    var known = KnownSources(gallery: gallery)
    for (sentence, vector) in zip(sentences, try embedder.embedEach(sentences.map { .text($0.text) })) {
      switch vector {
      case .success(let vector):
        let identity = name ?? sentence.text
        let digest = Digest.of(Data(sentence.text.utf8))
        if try known.contains(digest, of: identity) {
          batch.alreadyEnrolled += 1
          continue
        }
        batch.enrollments.append(
          Enrollment(identity: identity, vector: vector, source: sentence.path, sourceSHA256: digest))
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
