import Foundation

/// Why a training could not be done, as a sentence with the way out.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
  /// Not enough identities with two or more pictures.
  case tooFewIdentities(usable: Int, needed: Int)
  /// Too few identities can be trained on, and some have a single picture.
  case singlePictures(names: [String], usable: Int, needed: Int)
  /// The loss, or its gradient, became NaN or infinite; `kept` is the last good checkpoint's file.
  case lossNotFinite(step: Int, epoch: Int, kept: String?)
  /// A checkpoint could not be written; the one before is as it was.
  case checkpointNotWritten(path: String, reason: String, kept: Int?)
  /// Another process keeps its checkpoints there.
  case checkpointsInUse(path: String)
  /// There is a checkpoint, but of another training.
  case checkpointUnusable(path: String, reason: String)
  /// There is a checkpoint, but not as it was written.
  case checkpointDamaged(path: String, reason: String)
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
      "\(Self.usable(usable)), \(needed) are needed: add people, or pictures of them"
    case .singlePictures(let names, let usable, let needed):
      "\(Self.usable(usable)), \(needed) are needed, and \(names.count == 1 ? "1 has" : "\(names.count) have") a single "
        + "one, the first is \(names.first ?? "unknown"): add pictures of them"
    case .lossNotFinite(let step, let epoch, let kept):
      "the loss is not a finite number at step \(step), in epoch \(epoch): lower the learning rate (--rate) or look for "
        + "broken data" + (kept.map { "; the last good checkpoint is kept in \($0)" } ?? "")
    case .checkpointNotWritten(let path, let reason, let kept):
      "the checkpoint \(path) cannot be written, \(reason): "
        + (kept.map { "that of epoch \($0) is as it was; make room and go on with --resume" }
          ?? "make room, or write the model elsewhere (--out)")
    case .checkpointsInUse(let path):
      "another training is writing its checkpoints to \(path): let it end, or write this model elsewhere (--out)"
    case .checkpointUnusable(let path, let reason):
      "the checkpoint \(path) \(reason): resume with the data and settings of then, or train anew without --resume"
    case .checkpointDamaged(let path, let reason):
      "the checkpoint \(path) is damaged (\(reason)): remove it, and --resume begins what it belongs to anew and goes on with "
        + "the others; or train anew without --resume"
    case .collapsed(let step, let recoveries):
      "all embeddings ran together at step \(step), again after \(recoveries) fresh starts at lower rates: "
        + "use the semi-hard miner (--miner semi-hard) or a lower rate (--rate)"
    case .badSetting(let name, let reason):
      "\(name) \(reason)"
    case .brokenPictures(let reasons):
      (reasons.count == 1 ? "1 picture cannot be read: " : "\(reasons.count) pictures cannot be read, the first is ")
        + "\(reasons.first ?? "unknown"): mend or remove \(reasons.count == 1 ? "it, or leave it" : "them, or leave them") out "
        + "with --skip-broken"
    }
  }

  private static func usable(_ count: Int) -> String {
    switch count {
    case 0: "no identity has two or more pictures"
    case 1: "only 1 identity has two or more pictures"
    default: "only \(count) identities have two or more pictures"
    }
  }

  /// Why a checkpoint is not gone on with.
  static let anotherTraining = "belongs to another training: the data, the settings or the seed were others"

  /// The same sentence, for Foundation.
  public var errorDescription: String? { description }
}
