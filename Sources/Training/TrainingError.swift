import Foundation

/// Why a training could not be done, as a sentence with the way out.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
  /// Not enough identities with two or more pictures.
  case tooFewIdentities(usable: Int, needed: Int)
  /// The loss became NaN or infinite.
  case lossNotFinite(step: Int)
  /// All embeddings ran together, again after each recovery.
  case collapsed(step: Int, recoveries: Int)
  /// A setting outside its range.
  case badSetting(name: String, reason: String)
  /// Pictures that could not be read.
  case brokenPictures([String])

  /// The sentence.
  public var description: String {
    switch self {
    case .tooFewIdentities(let usable, let needed):
      "only \(usable) identities have two or more pictures, \(needed) are needed: add people, or pictures of them"
    case .lossNotFinite(let step):
      "the loss is not a finite number at step \(step): lower the learning rate (--rate) or look for broken pictures"
    case .collapsed(let step, let recoveries):
      "all embeddings ran together at step \(step), again after \(recoveries) fresh starts at lower rates: "
        + "use the semi-hard miner (--miner semi-hard) or a lower rate (--rate)"
    case .badSetting(let name, let reason):
      "\(name) \(reason)"
    case .brokenPictures(let reasons):
      "\(reasons.count) pictures cannot be read, the first is \(reasons.first ?? "unknown"): "
        + "mend or remove them, or leave them out with --skip-broken"
    }
  }

  /// The same sentence, for Foundation.
  public var errorDescription: String? { description }
}
