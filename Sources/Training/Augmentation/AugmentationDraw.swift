import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One draw of all that an augmentation leaves to chance.
struct AugmentationDraw {
  let warp: AffineWarp
  private let blur: Float
  private let contrast: Float
  private let brightness: Float
  private let gamma: Float
  private let lightX: Float
  private let lightY: Float
  private let shadow: Shadow?
  private let noise: Float
  private let noiseSeed: UInt64
  private let erased: (x: Range<Int>, y: Range<Int>)?

  /// Always draws the same number of values, so that a range set to 0 does not move the others.
  init(_ augmentation: Augmentation, _ shape: PlaneShape, random: inout some RandomNumberGenerator) {
    func unit() -> Float { Float(random.next() >> 40) * 0x1p-24 }
    func either(_ most: Float) -> Float { (2 * unit() - 1) * most }
    func factor(_ most: Float) -> Float { exp(either(log(1 + max(most, 0)))) }

    let angle = either(augmentation.rotation) * .pi / 180
    // Halfway to the nearest, as powers, and from there either way.
    let nearness = log(1 + max(augmentation.nearness, 0)) / 2
    let magnification = exp(either(log(1 + max(augmentation.scale, 0)) + nearness) + nearness)
    let shear = tan(either(augmentation.shear) * .pi / 180)
    let shift = (
      x: either(augmentation.shift) * Float(shape.width), y: either(augmentation.shift) * Float(shape.height)
    )
    let isFlipped = unit() < augmentation.flipProbability
    blur = unit() * augmentation.blur
    contrast = factor(augmentation.contrast)
    brightness = either(augmentation.brightness)
    (lightX, lightY) = (either(augmentation.lighting), either(augmentation.lighting))
    gamma = exp(either(augmentation.gamma))
    noise = unit() * augmentation.noise
    noiseSeed = random.next()

    let isErased = unit() < augmentation.erasingProbability
    let area = augmentation.erasingArea * (0.25 + 0.75 * unit())
    let elongation = factor(1)
    let (placeX, placeY) = (unit(), unit())
    let side = (max(area, 0) * elongation).squareRoot()
    func range(_ share: Float, _ place: Float, _ length: Int) -> Range<Int> {
      let size = share >= 1 ? length : share > 0 ? Int(share * Float(length)) : 0
      let start = min(Int(place * Float(length - size + 1)), length - size)
      return start..<(start + size)
    }
    erased =
      isErased ? (range(side, placeX, shape.width), range(side / elongation, placeY, shape.height)) : nil

    // From a generator of their own, so that what callers draw next is what it was before there were these.
    var more = SplitMix64(seed: noiseSeed ^ 0x5AD0)
    func share() -> Float { Float(more.next() >> 40) * 0x1p-24 }
    let aspect = exp((share() - 0.5) * log(1 + max(augmentation.aspect, 0)))
    warp = AffineWarp(
      angle: angle, magnification: magnification, shear: shear, aspect: aspect, shift: shift, isFlipped: isFlipped)
    let isShaded = share() < augmentation.shadowProbability
    let drawn = Shadow(
      angle: 2 * .pi * share(), place: 0.6 * (2 * share() - 1), softness: share(),
      light: exp(-share() * augmentation.shadowDepth))
    shadow = isShaded ? drawn : nil
  }

  /// Everything but the warp, in place.
  func changeLight(_ planes: UnsafeMutableBufferPointer<Float>, _ shape: PlaneShape) {
    if blur > 0.05 { GaussianBlur(deviation: min(blur, 8)).apply(to: planes, shape) }
    if gamma != 1 { for index in planes.indices { planes[index] = pow(max(planes[index], 1e-3), gamma) } }
    shineUnevenly(planes, shape)
    shadow?.fall(on: planes, shape)
    let mean = contrast != 1 || erased != nil ? Self.mean(planes) : 0
    if contrast != 1 || brightness != 0 {
      for index in planes.indices { planes[index] = (planes[index] - mean) * contrast + mean + brightness }
    }
    if noise > 0 { addNoise(planes) }
    if let erased { erase(erased, planes, shape, mean: mean + brightness) }
  }

  /// Summed in sixteen lanes, which adds no chain of dependent additions.
  private static func mean(_ planes: UnsafeMutableBufferPointer<Float>) -> Float {
    var lanes = (SIMD8<Float>.zero, SIMD8<Float>.zero)
    var index = 0
    while index + 16 <= planes.count {
      for lane in 0..<8 {
        lanes.0[lane] += planes[index + lane]
        lanes.1[lane] += planes[index + 8 + lane]
      }
      index += 16
    }
    let rest = planes[index...].reduce(0, +)
    return ((lanes.0 + lanes.1).sum() + rest) / Float(planes.count)
  }

  /// exp(ax + by) is a product of one factor a column and one a row.
  private func shineUnevenly(_ planes: UnsafeMutableBufferPointer<Float>, _ shape: PlaneShape) {
    guard lightX != 0 || lightY != 0 else { return }
    func factors(_ light: Float, _ length: Int) -> [Float] {
      (0..<length).map { exp(light * ((2 * Float($0) + 1) / Float(length) - 1)) }
    }
    let (across, down) = (factors(lightX, shape.width), factors(lightY, shape.height))
    for row in 0..<(shape.channels * shape.height) {
      let (start, light) = (row * shape.width, down[row % shape.height])
      for x in 0..<shape.width { planes[start + x] *= across[x] * light }
    }
  }

  /// Sums of four uniform 16-bit numbers: near enough to normal, and one generator step a value.
  private func addNoise(_ planes: UnsafeMutableBufferPointer<Float>) {
    var random = SplitMix64(seed: noiseSeed)
    // Four uniform numbers of width 65,536 have a deviation of 65,536 / √3 together.
    let scale = noise * Float(3).squareRoot() / 65_536
    for index in planes.indices {
      let bits = random.next()
      let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + bits >> 48
      planes[index] += (Float(sum) - 131_070) * scale
    }
  }

  private func erase(
    _ rectangle: (x: Range<Int>, y: Range<Int>), _ planes: UnsafeMutableBufferPointer<Float>, _ shape: PlaneShape,
    mean: Float
  ) {
    for channel in 0..<shape.channels {
      for y in rectangle.y {
        let start = channel * shape.area + y * shape.width
        planes[(start + rectangle.x.lowerBound)..<(start + rectangle.x.upperBound)].update(repeating: mean)
      }
    }
  }
}
