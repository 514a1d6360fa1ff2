import Images
import Networks

extension Preprocessing {
  /// The usual part of a picture, as a network of framing finds it; what is usually shown where there is no such network.
  package func window(of picture: Picture, by framing: FramingNetwork?) -> Window {
    guard let framing else { return .usual }
    func window(_ place: FramingNetwork.Place) -> Window { Window(size: place.size, x: place.x, y: place.y) }
    return window(framing.find { prepare(picture, through: window($0)) })
  }

  /// A picture as the networks behind a network of framing see it, at their size and in their colour, before its values are
  /// normalized: for people to look at.
  package func seen(_ picture: Picture, by framing: FramingNetwork?) throws -> Picture {
    let values = unnormalized.prepare(picture, through: window(of: picture, by: framing))
    let (channels, area) = (colour.channels, width * height)
    let pixels = (0..<channels * area).map { place in
      UInt8(min(max((values[place % channels * area + place / channels] * 255).rounded(), 0), 255))
    }
    return try Picture(width: width, height: height, channels: channels, pixels: pixels)
  }
}
