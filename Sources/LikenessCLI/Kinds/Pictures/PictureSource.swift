import Digests
import Files
import Foundation
import Likeness
import LikenessEmbedders

/// The pictures of an `enroll` call.
struct PictureSource: EnrollmentSource {
  let noun = (one: "picture", many: "pictures")
  let list: EnrollmentList
  let embedder: any TolerantEmbedder
  /// Whether a picture that cannot be read is left out, or ends it all.
  let skipsBroken: Bool
  /// Whether pictures take the place of those from the same path.
  let replaces: Bool

  private static let size = 256

  func batch(for gallery: Gallery, progress: (Int, Int) -> Void) throws -> EnrollmentBatch {
    var batch = EnrollmentBatch()
    batch.notes = list.notes
    var known = KnownSources(gallery: gallery, replaced: replaces ? list.items.map { ($0.identity, $0.path) } : [])
    var done = 0
    for start in stride(from: 0, to: list.items.count, by: Self.size) {
      let items = Array(list.items[start..<min(start + Self.size, list.items.count)])
      let pictures = items.map { FileContents.of($0.path) ?? Data() }
      let vectors = try embedder.embedEach(pictures.map { .data($0) })
      for (item, (picture, vector)) in zip(items, zip(pictures, vectors)) {
        switch vector {
        case .success(let vector):
          let digest = Digest.of(picture)
          if try known.contains(digest, of: item.identity, from: item.path) {
            batch.alreadyEnrolled += 1
            continue
          }
          batch.enrollments.append(
            Enrollment(identity: item.identity, vector: vector, source: item.path, sourceSHA256: digest))
        case .failure(let error):
          guard skipsBroken else {
            throw CommandFailure(
              "\(item.path): \(error.reason): mend it, or leave broken pictures out with --skip-broken; nothing was enrolled"
            )
          }
          batch.skipped.append(.init(path: item.path, reason: error.reason))
        }
      }
      done += items.count
      progress(done, list.items.count)
    }
    return batch
  }
}
