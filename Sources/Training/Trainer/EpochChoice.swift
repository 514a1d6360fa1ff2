/// Which epoch is kept: the latest whose score is within one standard error of the best (Breiman et al. 1984).
///
/// Validation people are few and the rate falls to the end, so a small lead of an early epoch is chance.
struct EpochChoice: Sendable, Codable {
  private var best: ValidationScore.Figures?
  /// Epochs since the one with the best score so far.
  private(set) var epochsSinceBest = 0

  /// Whether the epoch with these figures is kept rather than the one kept so far; without figures, always.
  mutating func prefers(_ figures: ValidationScore.Figures?) -> Bool {
    guard let figures else { return true }
    guard let best else {
      self.best = figures
      return true
    }
    epochsSinceBest += 1
    if figures.score > best.score {
      self.best = figures
      epochsSinceBest = 0
    }
    return figures.score >= best.score - best.standardError
  }
}
