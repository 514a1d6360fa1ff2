import Foundation
import Likeness

/// Which identity each stream of an `enroll` call belongs to: the one that is called as its file, without the extension; where
/// another file of that name has it, the one that is called by its folder too (`left/s01`), and by as many folders as it
/// takes to tell the two apart.
struct StreamIdentities {
  /// What an identity was made of.
  private struct Holder {
    var files: Set<String> = []
    var digests: Set<String> = []
  }

  private let gallery: Gallery
  /// Names that several files of the call have.
  private let shared: Set<String>
  private var holders: [String: Holder] = [:]
  /// By name and digest of a file, the identity of the first such in the call.
  private var copies: [[String]: String] = [:]
  /// Identities that are not called as their files alone.
  private(set) var byFolder: Set<String> = []

  init(files: [String], gallery: Gallery) {
    self.gallery = gallery
    var places: [String: Set<String>] = [:]
    for file in files { places[Self.name(of: file), default: []].insert(Self.place(file)) }
    shared = Set(places.filter { $0.value.count > 1 }.keys)
  }

  /// A stream's name: its file's, without the extension.
  static func name(of file: String) -> String {
    URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
  }

  /// The identity of a stream, and whether it has that stream already; from now on it has.
  ///
  /// - Parameter digest: of the file's bytes.
  mutating func identity(of file: String, digest: String) throws -> (name: String, hasIt: Bool) {
    let (stem, names) = (Self.name(of: file), Self.names(for: file))
    if let copy = copies[[stem, digest]] { return (copy, true) }
    let known = try names.map { try holder($0) }
    let isFree = names.indices.map { known[$0].files.isEmpty && !($0 == 0 && shared.contains(stem)) }
    // What is there already stays what it is; a file that has grown belongs to what it was.
    let place =
      known.firstIndex { $0.digests.contains(digest) }
      ?? known.firstIndex { $0.files.contains { Self.isSame($0, file) } } ?? isFree.firstIndex(of: true)
      ?? names.count - 1
    let name = names[place]
    let hasIt = known[place].digests.contains(digest)
    holders[name, default: Holder()].files.insert(file)
    holders[name, default: Holder()].digests.insert(digest)
    copies[[stem, digest]] = name
    if place > 0, !hasIt { byFolder.insert(name) }
    return (name, hasIt)
  }

  /// What a stream may be called: by its file, then by more and more of the folders it is in, at last by its whole path.
  private static func names(for file: String) -> [String] {
    let folders = URL(fileURLWithPath: place(file)).deletingLastPathComponent().pathComponents.filter { $0 != "/" }
    let stem = name(of: file)
    return (0...folders.count).map { (folders.suffix($0) + [stem]).joined(separator: "/") } + [place(file)]
  }

  private mutating func holder(_ name: String) throws -> Holder {
    if let holder = holders[name] { return holder }
    var holder = Holder()
    if try gallery.identity(named: name) != nil {
      for embedding in try gallery.embeddings(of: name) {
        if let digest = embedding.sourceSHA256 { holder.digests.insert(digest) }
        if let file = embedding.source.flatMap(Self.file(ofSource:)) { holder.files.insert(file) }
      }
    }
    holders[name] = holder
    return holder
  }

  /// The file that the source of a moment names; nil for another source.
  static func file(ofSource source: String) -> String? {
    source.range(of: " t_ms=", options: .backwards).map { String(source[..<$0.lowerBound]) }
  }

  /// The whole path.
  private static func place(_ file: String) -> String { URL(fileURLWithPath: file).standardizedFileURL.path }

  /// Whether two paths, perhaps of different working folders, may be one file's: they are the same from here, or one is the end
  /// of the other, with a folder at least.
  private static func isSame(_ one: String, _ other: String) -> Bool {
    if place(one) == place(other) { return true }
    func parts(_ path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }
    let (a, b) = (parts(one), parts(other))
    let count = min(a.count, b.count)
    return count > 1 && a.suffix(count) == b.suffix(count)
  }
}
