import Files
import Foundation

/// A list of pictures with captions: a text file of lines `path⇥caption`, the paths relative to the file. A picture may
/// have several lines, each a caption that fits it.
public struct CaptionSheet: Sendable, Hashable {
  /// The name that a folder's list has.
  public static let fileName = "captions.tsv"

  /// A picture and what is said of it.
  public struct Entry: Sendable, Hashable {
    /// The path as the list gives it.
    public let name: String
    /// Where the picture lies.
    public let file: String
    /// Its captions, in the list's order, without repetition.
    public fileprivate(set) var captions: [String]
    /// The line, counted from 1, where it is first named.
    public let line: Int
  }

  /// The list's own path.
  public let path: String
  /// The pictures in the list's order.
  public let entries: [Entry]
  /// Lines left out because they had no tab or nothing on one side of it; only where that was asked for.
  public let skippedLines: Int

  /// Reads the list of a folder (`captions.tsv` in it) or a list by its own name.
  ///
  /// - Parameter skipsBroken: whether lines without a path or a caption are counted and left out.
  /// - Throws: ``CaptionError`` where there is no such file, it is no text, a line is not `path⇥caption`, or nothing is
  ///   left.
  public init(path: String, skipsBroken: Bool = false) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw CaptionError("\(path): there is no such file or folder: check the path")
    }
    let file = isFolder.boolValue ? (path as NSString).appendingPathComponent(Self.fileName) : path
    guard let data = FileContents.of(file) else {
      throw CaptionError(
        "\(path): has no readable \(Self.fileName): a list of pictures with captions is wanted, a line path⇥caption each"
      )
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw CaptionError(
        "\(file), line \(Self.brokenLine(data)): is not UTF-8 text: convert the file (iconv -f LATIN1 -t UTF-8)")
    }
    try self.init(text, path: file, skipsBroken: skipsBroken)
  }

  /// Reads a list's text as if it lay at `path`.
  ///
  /// - Throws: ``CaptionError`` as ``init(path:skipsBroken:)``.
  public init(_ text: String, path: String, skipsBroken: Bool = false) throws {
    let folder = PathParts.folder(of: path)
    var entries: [Entry] = []
    var places: [String: Int] = [:]
    var skipped = 0
    // Some editors begin a file with a mark of its encoding, which is no part of the first path.
    let lines = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
    for (index, line) in lines.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      if line.allSatisfy(\.isWhitespace) { continue }
      let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
      let name = parts[0].trimmingCharacters(in: .whitespaces)
      let caption = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
      guard !name.isEmpty, !caption.isEmpty else {
        if skipsBroken {
          skipped += 1
          continue
        }
        let reason =
          parts.count < 2
          ? "has no tab" : name.isEmpty ? "names no picture" : "has no caption for \(name)"
        throw CaptionError(
          "\(path), line \(index + 1): \(reason): write path⇥caption, or leave such lines out with --skip-broken")
      }
      if let place = places[name] {
        if !entries[place].captions.contains(caption) { entries[place].captions.append(caption) }
      } else {
        places[name] = entries.count
        let file = name.hasPrefix("/") || folder.isEmpty ? name : "\(folder)/\(name)"
        entries.append(Entry(name: name, file: file, captions: [caption], line: index + 1))
      }
    }
    guard !entries.isEmpty else {
      throw CaptionError("\(path): has no line path⇥caption: list at least one picture")
    }
    self.init(path: path, entries: entries, skippedLines: skipped)
  }

  private init(path: String, entries: [Entry], skippedLines: Int) {
    self.path = path
    self.entries = entries
    self.skippedLines = skippedLines
  }

  /// The first line that is not UTF-8, counted from 1.
  private static func brokenLine(_ data: Data) -> Int {
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
  }

  /// The same list with some of its pictures only.
  public func filter(_ isIncluded: (Entry) -> Bool) -> CaptionSheet {
    CaptionSheet(path: path, entries: entries.filter(isIncluded), skippedLines: skippedLines)
  }
}

/// Why captions could not be used: a sentence with the way out.
public struct CaptionError: Error, Sendable, Hashable, CustomStringConvertible, LocalizedError {
  /// The sentence.
  public let description: String
  /// The same sentence, for Foundation.
  public var errorDescription: String? { description }

  init(_ description: String) { self.description = description }
}
