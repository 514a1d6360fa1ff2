import Foundation
import LikenessTraining

/// Shows a training of two towers while it runs: a bar on a terminal, a line an epoch elsewhere.
final class CaptionTrainingProgress {
  private let bar = ProgressBar("Training", unit: "per mille")
  private let towers: Int
  private var remark = ""

  init(towers: Int) {
    self.towers = towers
  }

  func show(_ pair: Int, _ event: CaptionEvent) {
    switch event {
    case .started(let pictures, let captions, let validationPictures, let parameters):
      guard !Console.isInteractive else { return }
      Console.note(
        "training \(parameters) parameters on \(pictures) pictures with \(captions) captions, "
          + "\(validationPictures) other pictures to steer by")
    case .step(_, let share, _):
      bar.update(Int((Double(pair) + share) * 1_000), of: towers * 1_000, remark: remark)
    case .epoch(let record):
      remark = Self.text(record)
      if !Console.isInteractive {
        Console.note("towers \(pair + 1), epoch \(record.epoch), step \(record.step): \(remark)")
      }
    }
  }

  func finish() {
    bar.finish()
  }

  private static func text(_ record: CaptionEpoch) -> String {
    var text = String(
      format: "loss %.3f, own text nearest %.3f, temperature %.3f", record.loss, record.accuracy, record.temperature)
    if let validation = record.validation {
      text += String(
        format: ", validation recall@1/10 %.3f/%.3f", validation.textToImage.recallAt1,
        validation.textToImage.recallAt10)
    }
    return text + String(format: ", %.0f s", record.seconds)
  }
}
