import Foundation
import Images
import Networks

extension ImageEmbedder {
  /// The model as an ONNX file (operator set 17): decoded pixels in, embedding out.
  ///
  /// - `pixels`: uint8 `[n, height, width, channels]`, pictures of one size, upright, of as many channels as the model takes
  ///   (1: luma by Rec. 601; 3: red, green, blue). Cropping, resampling and normalisation are in the graph.
  /// - `embedding`: float32 `[n, dimension]`; the network that finds the usual part,
  ///   committee, views and the length of 1 are in the graph.
  ///
  /// What the model says of itself is in the file's metadata: `kind`, `recipe`, `metric`, `card`, `preprocessing`, and
  /// `sha256` of the model file.
  public func onnx() -> Data {
    var graph = ONNXGraph()
    let pixels = graph.input(
      "pixels", .uint8,
      shape: [("n", nil), ("height", nil), ("width", nil), ("channels", preprocessing.colour.channels)])
    let prepared = graph.preprocessing(preprocessing, framing: model.framing, pixels)
    let embedding = graph.node("Identity", graph.model(model, prepared), named: "embedding")
    graph.output(embedding, shape: [("n", nil), ("dimension", model.dimension)])
    var metadata = model.metadata
    metadata["sha256"] = specification.sha256
    return graph.encoded(name: specification.name, metadata: metadata)
  }
}
