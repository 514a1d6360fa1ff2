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

  /// How many pictures below a folder are in formats that are not decoded, by extension; none where it cannot be read.
  public static func foreignFormats(below path: String) -> [String: Int] {
    var walk = PictureFolderWalk()
    try? walk.root(path)
    return walk.foreign
  }

  /// What is to be said of such pictures, as a part of a sentence: `has 3 pictures that are not decoded here (2 webp,
  /// 1 gif): convert them to JPEG or PNG`; nil where there are none.
  public static func note(ofForeign formats: [String: Int]) -> String? {
    let all = formats.values.reduce(0, +)
    guard all > 0 else { return nil }
    let kinds = formats.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    let (which, what) = all == 1 ? ("1 picture that is", "it") : ("\(all) pictures that are", "them")
    return "has \(which) not decoded here (\(kinds)) and left out: convert \(what) to JPEG or PNG"
  }

  /// What is to be said of pictures in other formats in the folder, as a sentence; nil where there are none.
  public var foreignNote: String? { Self.note(ofForeign: foreignFormats).map { "\(path) \($0)" } }

  private init(path: String, identities: [Identity]) {
    self.path = path
    foreignFormats = [:]
    self.identities = identities
    skippedFiles = 0
    loosePictures = 0
  }
}
