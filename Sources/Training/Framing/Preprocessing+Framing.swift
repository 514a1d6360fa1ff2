import Images
import Networks

extension Preprocessing {
  /// The usual part of a picture, as a network of framing finds it.
  func window(of picture: Picture, by framing: FramingNetwork) -> Window {
    func window(_ place: FramingNetwork.Place) -> Window { Window(size: place.size, x: place.x, y: place.y) }
    return window(framing.find { prepare(picture, through: window($0)) })
  }
}
