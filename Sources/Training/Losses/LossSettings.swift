/// Which loss, with its numbers: what a model card says of it.
public struct LossSettings: Sendable, Codable, Hashable {
  /// The losses there are.
  public enum Kind: String, Sendable, Codable, Hashable, CaseIterable {
    /// ``TripletLoss``.
    case triplet
    /// ``SoftMarginTripletLoss``.
    case softMargin = "soft-margin"
    /// ``ContrastiveLoss``.
    case contrastive
    /// ``NTXentLoss``.
    case ntXent = "nt-xent"
    /// ``SupervisedContrastiveLoss``.
    case supCon = "supcon"
    /// ``NPairLoss``.
    case nPair = "n-pair"
    /// ``ArcFaceLoss``.
    case arcFace = "arcface"
    /// ``CosineSoftmaxLoss``.
    case cosineSoftmax = "cosine-softmax"
    /// ``ProxyNCALoss``.
    case proxyNCA = "proxy-nca"
    /// ``ProxyAnchorLoss``.
    case proxyAnchor = "proxy-anchor"
  }

  /// Which loss.
  public var kind: Kind
  /// A distance for triplet and contrastive, an angle in radians for arcface, a cosine for proxy-anchor; the others have
  /// none.
  public var margin: Float
  /// s or α of soft-margin, n-pair and the losses with a head; the others have none.
  public var scale: Float
  /// τ of nt-xent and supcon; the others have none.
  public var temperature: Float

  /// A loss with the numbers that suit embeddings on the unit sphere, where none are given.
  public init(_ kind: Kind = .triplet, margin: Float? = nil, scale: Float? = nil, temperature: Float? = nil) {
    self.kind = kind
    let (usualMargin, usualScale): (Float, Float) =
      switch kind {
      case .triplet: (0.2, 1)
      case .softMargin: (0, 8)
      case .contrastive: (1, 1)
      case .ntXent, .supCon: (0, 1)
      case .nPair, .cosineSoftmax: (0, 16)
      case .arcFace: (0.3, 16)
      case .proxyNCA: (0, 8)
      case .proxyAnchor: (0.1, 32)
      }
    self.margin = margin ?? usualMargin
    self.scale = scale ?? usualScale
    self.temperature = temperature ?? 0.1
  }

  /// Whether the loss has a margin, a scale, a temperature.
  public var hasMargin: Bool { [.triplet, .contrastive, .arcFace, .proxyAnchor].contains(kind) }
  /// Whether ``scale`` counts.
  public var hasScale: Bool {
    [.softMargin, .nPair, .arcFace, .cosineSoftmax, .proxyNCA, .proxyAnchor].contains(kind)
  }
  /// Whether ``temperature`` counts.
  public var hasTemperature: Bool { kind == .ntXent || kind == .supCon }

  /// The loss itself.
  public var loss: any EmbeddingLoss {
    switch kind {
    case .triplet: TripletLoss(margin: margin)
    case .softMargin: SoftMarginTripletLoss(scale: scale)
    case .contrastive: ContrastiveLoss(margin: margin)
    case .ntXent: NTXentLoss(temperature: temperature)
    case .supCon: SupervisedContrastiveLoss(temperature: temperature)
    case .nPair: NPairLoss(scale: scale)
    case .arcFace: ArcFaceLoss(scale: scale, margin: margin)
    case .cosineSoftmax: CosineSoftmaxLoss(scale: scale)
    case .proxyNCA: ProxyNCALoss(scale: scale)
    case .proxyAnchor: ProxyAnchorLoss(scale: scale, margin: margin)
    }
  }

  func validate() throws {
    func check(_ holds: Bool, _ name: String, _ reason: String) throws {
      if !holds { throw TrainingError.badSetting(name: name, reason: reason) }
    }
    try check(!hasMargin || margin > 0 && margin.isFinite, "margin", "must be a number above 0")
    try check(
      ![.contrastive, .triplet].contains(kind) || margin <= 2, "margin",
      "must be at most 2, the diameter of the unit sphere")
    try check(kind != .arcFace || margin < 1.5, "margin", "is an angle and must be below 1.5")
    try check(!hasScale || scale > 0 && scale <= 1_000, "scale", "must be above 0 and at most 1000")
    try check(!hasTemperature || temperature >= 0.005 && temperature <= 10, "temperature", "must be from 0.005 to 10")
  }
}
