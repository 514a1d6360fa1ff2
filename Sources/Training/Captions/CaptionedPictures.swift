import Crypto
import Digests
import Foundation
import Images
import Networks

/// Pictures in memory with their captions: what two towers learn from, and are measured on.
///
/// Pixels are kept as bytes of the input's size, before any normalization.
public struct CaptionedPictures: Sendable {
  /// How pictures become the network's input.
  public let preprocessing: Preprocessing
  /// The pictures as their list names them.
  public let names: [String]
  /// Where they lie.
  public let files: [String]
  /// Their captions, as indices into ``captions``.
  public let captionsOfPicture: [[Int]]
  /// All captions, each once.
  public let captions: [String]
  /// Equal numbers for pictures of equal pixels.
  public let looks: [Int]
  /// Pictures that could not be read, where that was allowed.
  public let skipped: [LabelledInputs.Skipped]

  let pixels: [UInt8]

  /// The number of pictures.
  public var count: Int { names.count }
  var stride: Int { preprocessing.unnormalized.count }

  /// Reads and prepares the pictures of a list, on all cores.
  ///
  /// - Throws: ``CaptionError`` naming the first picture that cannot be read and its line, unless `skipsBroken`; and
  ///   where none can be.
  public init(
    _ sheet: CaptionSheet, preprocessing: Preprocessing, skipsBroken: Bool = false,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    let raw = preprocessing.unnormalized
    var pixels: [UInt8] = []
    pixels.reserveCapacity(sheet.entries.count * raw.count)
    var read: [CaptionSheet.Entry] = []
    var skipped: [LabelledInputs.Skipped] = []
    for start in Swift.stride(from: 0, to: sheet.entries.count, by: 128) {
      let batch = Array(sheet.entries[start..<min(start + 128, sheet.entries.count)])
      let prepared = Workers().map(batch) { entry in Result { try raw.prepare(contentsOf: entry.file) } }
      for (entry, result) in zip(batch, prepared) {
        switch result {
        case .success(let values):
          pixels += values.map { UInt8(min(max(($0 * 255).rounded(), 0), 255)) }
          read.append(entry)
        case .failure(let error):
          let reason = (error as? PictureError)?.reason ?? "\(error)"
          guard skipsBroken else {
            throw CaptionError(
              "\(sheet.path), line \(entry.line): \(entry.name): \(reason); or leave such pictures out with --skip-broken"
            )
          }
          skipped.append(.init(path: entry.file, reason: reason))
        }
      }
      progress(min(start + 128, sheet.entries.count), sheet.entries.count)
    }
    guard !read.isEmpty else { throw CaptionError("\(sheet.path): none of its pictures can be read: check the paths") }
    var numbers: [String: Int] = [:]
    var captions: [String] = []
    let captionsOfPicture = read.map { entry in
      entry.captions.map { caption in
        if let number = numbers[caption] { return number }
        numbers[caption] = captions.count
        captions.append(caption)
        return captions.count - 1
      }
    }
    self.init(
      preprocessing: preprocessing, names: read.map(\.name), files: read.map(\.file),
      captionsOfPicture: captionsOfPicture, captions: captions,
      skipped: skipped, pixels: pixels)
  }

  private init(
    preprocessing: Preprocessing, names: [String], files: [String], captionsOfPicture: [[Int]], captions: [String],
    skipped: [LabelledInputs.Skipped], pixels: [UInt8]
  ) {
    self.preprocessing = preprocessing
    self.names = names
    self.files = files
    self.captionsOfPicture = captionsOfPicture
    self.captions = captions
    self.skipped = skipped
    self.pixels = pixels
    let stride = preprocessing.unnormalized.count
    var seen: [ArraySlice<UInt8>: Int] = [:]
    looks = names.indices.map { picture in
      let own = pixels[picture * stride..<(picture + 1) * stride]
      if let look = seen[own] { return look }
      seen[own] = picture
      return picture
    }
  }

  /// A digest of all of it, as it is learned from.
  var digest: String {
    var digest = SHA256()
    pixels.withUnsafeBytes { digest.update(bufferPointer: $0) }
    for (name, own) in zip(names, captionsOfPicture) { digest.update(data: Data("\(name)\n\(own)\n".utf8)) }
    for caption in captions { digest.update(data: Data((caption + "\n").utf8)) }
    return digest.finalize().hexadecimal
  }

  /// Some of the pictures, in the order given; captions keep their numbers.
  public func rows(_ rows: [Int]) -> CaptionedPictures {
    var chosen: [UInt8] = []
    chosen.reserveCapacity(rows.count * stride)
    for row in rows { chosen += pixels[row * stride..<(row + 1) * stride] }
    return CaptionedPictures(
      preprocessing: preprocessing, names: rows.map { names[$0] }, files: rows.map { files[$0] },
      captionsOfPicture: rows.map { captionsOfPicture[$0] }, captions: captions, skipped: [], pixels: chosen)
  }

  /// What a tower makes of all pictures, some at a time: its values, picture after picture.
  func values(by tower: (Tensor) throws -> Tensor) rethrows -> [Float] {
    try parts.flatMap { try tower(tensor($0)).values }
  }

  /// So many pictures as are looked at together, one part after another.
  var parts: [Range<Int>] { Swift.stride(from: 0, to: count, by: 128).map { $0..<min($0 + 128, count) } }

  /// Pictures `range`, normalized, `[range.count] + preprocessing.shape`.
  func tensor(_ range: Range<Int>) -> Tensor {
    let width = preprocessing.count
    var batch = Tensor(shape: [range.count] + preprocessing.shape)
    batch.withUnsafeMutableBufferPointer { target in
      for (place, row) in range.enumerated() {
        let values = pixels[row * stride..<(row + 1) * stride].map { Float($0) / 255 }
        values.withUnsafeBufferPointer { source in
          preprocessing.normalize(
            source, into: UnsafeMutableBufferPointer(rebasing: target[place * width..<(place + 1) * width]))
        }
      }
    }
    return batch
  }

  /// What each concept is known by: its captions, sorted, a line each.
  public var conceptNames: [String] {
    concepts.map { concept in captionsOfPicture[concept[0]].map { captions[$0] }.sorted().joined(separator: "\n") }
  }

  /// The pictures by concept: those that have all their captions in common, in the order of their first.
  var concepts: [[Int]] {
    var places: [[Int]: Int] = [:]
    var concepts: [[Int]] = []
    for picture in names.indices {
      let key = captionsOfPicture[picture].sorted()
      if let place = places[key] {
        concepts[place].append(picture)
      } else {
        places[key] = concepts.count
        concepts.append([picture])
      }
    }
    return concepts
  }
}
