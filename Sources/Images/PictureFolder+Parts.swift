import Foundation

extension PictureFolder {
  /// The same folder with some of its identities only, in the order given.
  public func subset(_ identities: [Identity]) -> PictureFolder {
    PictureFolder(path: path, identities: identities)
  }

  /// A folder whose pictures all belong to one identity, named after it: `people/ada` is ada's.
  ///
  /// Throws `PictureError` when the path is no readable folder or has no pictures in it.
  public init(ofOneIdentity path: String) throws {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw PictureError(path: path, reason: "there is no such folder")
    }
    let pictures = names.filter { name in
      !name.hasPrefix(".") && Self.pictureExtensions.contains((name as NSString).pathExtension.lowercased())
    }
    guard !pictures.isEmpty else {
      throw PictureError(path: path, reason: "there are no pictures in it: JPEG, PNG, PGM or PPM files are wanted")
    }
    let name = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
    let files = pictures.sorted(by: NaturalOrder.precedes).map { path + (path.hasSuffix("/") ? "" : "/") + $0 }
    self.init(path: path, identities: [Identity(name: name, files: files)])
  }

  /// Extensions of pictures that are not decoded, in lower case.
  static let foreignExtensions: Set<String> = [
    "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "avif", "jp2", "jxl",
  ]

  /// What is to be said of what is passed over below a folder, as ``notes`` has it; nothing where it cannot be read.
  public static func notes(below path: String) -> [String] {
    var walk = PictureFolderWalk()
    try? walk.root(path)
    return notes(path, walk.foreign, walk.empty.sorted(by: NaturalOrder.precedes))
  }

  /// What is to be said of pictures in formats that are not decoded, as a part of a sentence: `has 3 pictures that are not decoded here (2 webp,
  /// 1 gif): convert them to JPEG or PNG`; nil where there are none.
  public static func note(ofForeign formats: [String: Int]) -> String? {
    let all = formats.values.reduce(0, +)
    guard all > 0 else { return nil }
    let kinds = formats.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    let (which, what) = all == 1 ? ("1 picture that is", "it") : ("\(all) pictures that are", "them")
    return "has \(which) not decoded here (\(kinds)) and left out: convert \(what) to JPEG or PNG"
  }

  /// What is to be said of what is passed over in the folder, as sentences: pictures in other formats, folders without any.
  public var notes: [String] { Self.notes(path, foreignFormats, emptyFolders) }

  private static func notes(_ path: String, _ foreignFormats: [String: Int], _ emptyFolders: [String]) -> [String] {
    var notes = note(ofForeign: foreignFormats).map { ["\(path) \($0)"] } ?? []
    if !emptyFolders.isEmpty {
      let named = emptyFolders.prefix(3).joined(separator: ", ") + (emptyFolders.count > 3 ? ", …" : "")
      let folders = emptyFolders.count == 1 ? "a folder" : "\(emptyFolders.count) folders"
      notes.append(
        "\(path) has \(folders) without pictures (\(named)), which \(emptyFolders.count == 1 ? "is" : "are") passed over"
      )
    }
    return notes
  }

  private init(path: String, identities: [Identity]) {
    self.path = path
    foreignFormats = [:]
    self.identities = identities
    skippedFiles = 0
    loosePictures = 0
    emptyFolders = []
  }
}
