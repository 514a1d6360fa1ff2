import Foundation

/// A network that sees how a picture is framed, so that a picture of another maker can be shown to an ``EmbeddingModel`` framed
/// as its training pictures were.
///
/// From a prepared picture it tells where the usual part of a picture would be: three values, in ``units``, the logarithm of
/// its size and how far right and below the centre its centre is. A spatial transformer (Jaderberg et al. 2015) whose
/// localisation network learned from pictures moved on purpose, not from the identities.
public struct FramingNetwork: Sendable {
  /// Where a picture's usual part is, in shares of the part that is shown without being told.
  public struct Place: Sendable, Hashable {
    /// The logarithm of its sides: below 0 for a picture that is framed more loosely than usual.
    public var logSize: Double
    /// How far its centre is to the right, as a share of the width.
    public var x: Double
    /// How far its centre is below, as a share of the height.
    public var y: Double

    /// A place; without arguments, the one that is shown.
    public init(logSize: Double = 0, x: Double = 0, y: Double = 0) {
      self.logSize = logSize
      self.x = x
      self.y = y
    }

    /// Its sides, as a share of those of the part that is shown.
    public var size: Double { exp(logSize) }

    /// The place in the picture of a place in what is shown from here.
    func followed(by other: Place) -> Place {
      Place(logSize: logSize + other.logSize, x: x + size * other.x, y: y + size * other.y)
    }

    /// No farther than was learned.
    func held(_ limits: Limits) -> Place {
      Place(
        logSize: min(max(logSize, limits.logSize.lowerBound), limits.logSize.upperBound),
        x: min(max(x, -limits.move), limits.move), y: min(max(y, -limits.move), limits.move))
    }
  }

  /// How far a place may be from the one that is shown.
  struct Limits: Sendable {
    var logSize: ClosedRange<Double>
    var move: Double
  }

  /// What a result of 1 stands for: a logarithm of sides, a share of the width, a share of the height.
  public static let units: [Float] = [0.35, 0.09, 0.09]
  /// How often it looks; the second time from the place that the first found.
  static let looks = 2
  static let limits = Limits(logSize: -0.9...0.7, move: 0.35)
  /// What is shown is never more than the part that is shown without being told: beyond a picture that is framed tightly nothing
  /// is known, and the networks have learned to know faces from near.
  static let mostLogSize = 0.0

  /// The network: from prepared pictures to three values.
  public let network: EmbeddingModel.Member

  let plan: InferencePlan

  /// A network of trained weights.
  ///
  /// - Throws: ``NetworkError`` where it takes no pictures or tells anything else than three values, or its weights do not fit.
  public init(_ network: EmbeddingModel.Member) throws {
    guard network.architecture.input.count == 3, network.architecture.outputShape == [3] else {
      throw NetworkError(
        "a network of framing makes 3 values of a picture, not \(network.architecture.outputShape) of "
          + "\(network.architecture.input)")
    }
    try network.architecture.check(network.weights)
    self.network = network
    plan = InferencePlan(network.architecture, weights: network.weights)
  }

  /// Finds a picture's usual part: looks at it and at its mirror image, goes there, and looks again.
  ///
  /// - Parameter prepared: the picture prepared from a place, of the network's input's shape.
  public func find(_ prepared: (Place) -> [Float]) -> Place {
    let memory = InferencePlan.Memory(for: plan)
    var place = Place()
    for _ in 0..<Self.looks {
      let input = prepared(place)
      precondition(input.count == network.architecture.input.reduce(1, *), "a picture does not fit the network's input")
      place = place.followed(by: look(input, memory)).held(Self.limits)
    }
    place.logSize = min(place.logSize, Self.mostLogSize)
    return place
  }

  /// The mean of what it tells of a prepared picture and of its mirror image.
  private func look(_ input: [Float], _ memory: InferencePlan.Memory) -> Place {
    var told = [Float](repeating: 0, count: 3)
    var mirrored = told
    input.withUnsafeBufferPointer { input in
      guard let image = input.baseAddress else { return }
      told.withUnsafeMutableBufferPointer { if let to = $0.baseAddress { plan.run(image, memory, into: to) } }
      mirrored.withUnsafeMutableBufferPointer {
        if let to = $0.baseAddress { plan.run(image, isMirrored: true, memory, into: to) }
      }
    }
    // Weights of a damaged file may be so large that nothing is told.
    guard (told + mirrored).allSatisfy(\.isFinite) else { return Place() }
    return Place(
      logSize: Double((told[0] + mirrored[0]) / 2 * Self.units[0]),
      x: Double((told[1] - mirrored[1]) / 2 * Self.units[1]),
      y: Double((told[2] + mirrored[2]) / 2 * Self.units[2]))
  }
}
