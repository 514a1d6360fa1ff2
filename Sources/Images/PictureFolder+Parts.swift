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

  private init(path: String, identities: [Identity]) {
    self.path = path
    self.identities = identities
    skippedFiles = 0
    loosePictures = 0
  }
}
