import Framing
import Images
import Networks

extension LabelledInputs {
  /// A picture that was left out.
  public struct Skipped: Sendable, Codable, Hashable {
    /// The file.
    public var path: String
    /// What is wrong with it.
    public var reason: String
  }

  /// Reads and prepares all pictures of a folder of folders, on all cores.
  ///
  /// - Throws: ``TrainingError/brokenPictures(_:)`` where a picture cannot be read.
  public init(
    _ folder: PictureFolder, preprocessing: Preprocessing, progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    let (inputs, skipped) = Self.reading(folder, preprocessing: preprocessing, progress: progress)
    guard skipped.isEmpty else {
      throw TrainingError.brokenPictures(skipped.map { "\($0.path): \($0.reason)" })
    }
    self = inputs
  }

  /// Reads and prepares all pictures that can be read, and says which could not.
  ///
  /// - Parameter framing: what finds each picture's usual part; nil to take pictures as they are.
  public static func reading(
    _ folder: PictureFolder, preprocessing: Preprocessing, framing: FramingNetwork? = nil,
    progress: (Int, Int) -> Void = { _, _ in }
  ) -> (inputs: LabelledInputs, skipped: [Skipped]) {
    let items = folder.identities.enumerated().flatMap { label, identity in
      identity.files.map { (path: $0, label: label) }
    }
    let raw = preprocessing.unnormalized
    var values: [Float] = []
    values.reserveCapacity(items.count * raw.count)
    var labels: [Int] = []
    var sources: [String] = []
    var skipped: [Skipped] = []
    for start in Swift.stride(from: 0, to: items.count, by: 128) {
      let batch = Array(items[start..<min(start + 128, items.count)])
      let prepared = Workers().map(batch) { item in
        Result {
          let picture = try Picture(contentsOf: item.path, as: raw.colour)
          return raw.prepare(picture, through: preprocessing.window(of: picture, by: framing))
        }
      }
      for (item, result) in zip(batch, prepared) {
        switch result {
        case .success(let input):
          values += input
          labels.append(item.label)
          sources.append(item.path)
        case .failure(let error):
          let reason = (error as? PictureError)?.reason ?? "\(error)"
          skipped.append(Skipped(path: item.path, reason: reason))
        }
      }
      progress(min(start + 128, items.count), items.count)
    }
    let inputs = LabelledInputs(
      preprocessing: preprocessing, values: values, labels: labels, names: folder.identities.map(\.name),
      sources: sources)
    return (inputs, skipped)
  }

  /// The same inputs, framed as a network of framing finds them; those that come from nowhere, or can no longer be read, as
  /// they are.
  func framed(by framing: FramingNetwork) -> LabelledInputs {
    guard !sources.isEmpty else { return self }
    let raw = preprocessing.unnormalized
    let framed = Workers().map(Array(sources.indices)) { row -> [Float] in
      guard let picture = try? Picture(contentsOf: sources[row], as: raw.colour) else {
        return Array(values[row * stride..<(row + 1) * stride])
      }
      return raw.prepare(picture, through: preprocessing.window(of: picture, by: framing))
    }
    return LabelledInputs(
      preprocessing: preprocessing, values: framed.flatMap { $0 }, labels: labels, names: names, sources: sources)
  }
}
