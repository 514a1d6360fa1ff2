/// How an encoder of gaps is trained beside word vectors.
public struct GapSettings: Sendable, Hashable, Codable {
  /// How many words on either side are looked at.
  public var reach = 4
  /// Values a vector of the encoder's own, a multiple of 16.
  public var dimension = 96
  /// Hidden units.
  public var hidden = 256
  /// Words drawn for a batch, a multiple of 16.
  public var drawn = 512
  /// Gaps a batch.
  public var batch = 256
  /// Passes over the corpus.
  public var epochs = 4
  /// Gaps of words more frequent than this share are left out in part, and made up for afterwards.
  public var subsample = 3e-4
  /// The peak rate of the embedding's AdaGrad.
  public var rowRate = 0.1
  /// The peak rate of the layers' AdamW.
  public var rate = 2e-3

  /// Settings as they are by default.
  public init() {}
}
