/// How a network of framing is trained: see ``FramingTrainer``.
public struct FramingSettings: Sendable, Hashable, Codable {
  /// Steps, of so many pictures each.
  public var steps = 600
  /// Pictures a step.
  public var batch = 96
  /// The highest learning rate.
  public var peakRate = 3e-3
  /// How much nearer or farther than the training's pictures they are shown at most: 0.6 is from exp(−0.6) to exp(0.6) times
  /// the sides.
  public var logSize: Float = 0.6
  /// How far they are moved at most, as a share of either side of what is shown.
  public var move: Float = 0.15
  /// How far they are turned at most, in degrees.
  public var rotation: Float = 8.5
  /// How much wider or narrower they are shown at most, as a share.
  public var aspect: Float = 0.07
  /// How their light changes, besides: the network has to find faces in any.
  public var light: Augmentation = {
    var light = Augmentation()
    (light.gamma, light.lighting) = (0.4, 0.5)
    (light.shadowProbability, light.shadowDepth) = (0.25, 1.6)
    return light
  }()

  /// What the recipe for faces takes.
  public init() {}
}
