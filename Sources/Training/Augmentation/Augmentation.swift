/// Random changes of a training picture that leave its identity as it is.
///
/// Every call draws one affine warp (about the centre, bilinear, the edge repeated outwards), then blur, tone
/// curve, lighting, a shadow, contrast, brightness, noise and an erased rectangle, in this order. Values are meant to be on the scale 0…1, before
/// a per-picture normalization; they are not clamped.
///
/// The same generator state gives the same picture.
public struct Augmentation: Codable, Sendable, Hashable {
  /// The largest rotation either way, in degrees.
  public var rotation: Float = 0
  /// How much larger at most, as a share: 0.1 draws a magnification between 1/1.1 and 1.1.
  public var scale: Float = 0
  /// How much nearer it may be looked at besides, as a share: with a scale of 0, 0.5 draws a magnification between 1 and
  /// 1.5, so that a picture framed loosely is seen framed tightly as well.
  public var nearness: Float = 0
  /// How much wider or narrower at most, the area kept, as a share: 0.15 draws a ratio of the sides between 1/1.15 and
  /// 1.15 times what it was.
  public var aspect: Float = 0
  /// The largest shift along either axis, as a share of that side.
  public var shift: Float = 0
  /// The largest horizontal shear either way, in degrees.
  public var shear: Float = 0
  /// The probability that left and right are exchanged.
  public var flipProbability: Float = 0
  /// The largest value added or taken away everywhere.
  public var brightness: Float = 0
  /// How much the distance to the picture's mean is stretched at most, as a share: 0.2 draws a factor from 1/1.2 to 1.2.
  public var contrast: Float = 0
  /// How uneven light may be: every value is multiplied by exp(ax + by), x and y from −1 to 1 across the picture, a and
  /// b drawn up to this number either way. 0.3 makes one side up to 1.8 times as bright as the other.
  public var lighting: Float = 0
  /// The probability that a shadow falls on one side of a straight edge, sharp or soft, somewhere across the picture.
  public var shadowProbability: Float = 0
  /// How dark a shadow may be: values in it are multiplied by exp(−d), d drawn up to this number.
  public var shadowDepth: Float = 1.2
  /// How far the tone curve is bent: values are raised to exp(g), g drawn up to this number either way.
  public var gamma: Float = 0
  /// The largest standard deviation of a Gaussian blur, in pixels.
  public var blur: Float = 0
  /// The largest standard deviation of Gaussian noise.
  public var noise: Float = 0
  /// The probability that a rectangle is replaced by the picture's mean (random erasing, Zhong et al. 2020).
  public var erasingProbability: Float = 0
  /// The largest share of the area that is erased; drawn from a quarter of it up to all of it.
  public var erasingArea: Float = 0.15

  /// Nothing changes until a range is set.
  public init() {}

  /// No change at all.
  public static let none = Augmentation()

  /// For upright faces: small turns and shifts, mirror images, changing light, parts hidden.
  public static let faces: Augmentation = {
    var faces = Augmentation()
    (faces.rotation, faces.scale, faces.shift, faces.flipProbability) = (10, 0.1, 0.06, 0.5)
    (faces.gamma, faces.lighting) = (0.3, 0.3)
    (faces.erasingProbability, faces.erasingArea) = (0.3, 0.08)
    return faces
  }()

  /// For signs and characters: turned, sheared and shifted, never mirrored.
  public static let characters: Augmentation = {
    var characters = Augmentation()
    (characters.rotation, characters.scale, characters.shift, characters.shear) = (12, 0.12, 0.08, 8)
    return characters
  }()

  /// Writes a changed copy of `source` to `destination`, both planar `[channels, height, width]` as `shape` says, and
  /// not overlapping.
  public func apply(
    to source: UnsafeBufferPointer<Float>, shape: [Int], into destination: UnsafeMutableBufferPointer<Float>,
    random: inout some RandomNumberGenerator
  ) {
    precondition(shape.count == 3 && shape.allSatisfy { $0 > 0 }, "a shape is [channels, height, width]")
    let planes = PlaneShape(channels: shape[0], height: shape[1], width: shape[2])
    precondition(source.count == planes.count && destination.count == planes.count, "the planes do not fill the shape")
    let drawn = AugmentationDraw(self, planes, random: &random)
    drawn.warp.apply(to: source, planes, into: destination)
    drawn.changeLight(destination, planes)
  }

  /// A changed copy of planes `[channels, height, width]`.
  public func apply(to planes: [Float], shape: [Int], random: inout some RandomNumberGenerator) -> [Float] {
    [Float](unsafeUninitializedCapacity: planes.count) { out, count in
      out.initialize(repeating: 0)
      planes.withUnsafeBufferPointer { apply(to: $0, shape: shape, into: out, random: &random) }
      count = planes.count
    }
  }
}

extension Augmentation {
  /// Reads a stored augmentation; a range that it does not name, as those of older models do not name all, changes nothing.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func value(_ key: CodingKeys, _ usual: Float) throws -> Float {
      try values.decodeIfPresent(Float.self, forKey: key) ?? usual
    }
    self.init()
    rotation = try value(.rotation, rotation)
    scale = try value(.scale, scale)
    nearness = try value(.nearness, nearness)
    aspect = try value(.aspect, aspect)
    shift = try value(.shift, shift)
    shear = try value(.shear, shear)
    flipProbability = try value(.flipProbability, flipProbability)
    brightness = try value(.brightness, brightness)
    contrast = try value(.contrast, contrast)
    lighting = try value(.lighting, lighting)
    shadowProbability = try value(.shadowProbability, shadowProbability)
    shadowDepth = try value(.shadowDepth, shadowDepth)
    gamma = try value(.gamma, gamma)
    blur = try value(.blur, blur)
    noise = try value(.noise, noise)
    erasingProbability = try value(.erasingProbability, erasingProbability)
    erasingArea = try value(.erasingArea, erasingArea)
  }
}

/// The shape of planar values.
struct PlaneShape: Sendable {
  let channels: Int
  let height: Int
  let width: Int

  var area: Int { height * width }
  var count: Int { channels * area }
}
