import Foundation
import Networks

extension FuzzTarget {
  /// A model file: safetensors and the architecture in its metadata.
  static let model = FuzzTarget(name: "model") { bytes in
    do {
      let model = try EmbeddingModel(Data(bytes))
      if model.input.reduce(1, *) <= 4_096 {
        let batch = Tensor(shape: [1] + model.input)
        if let vectors = try? model.embed(batch, workers: 1), vectors.shape != [1, model.dimension] {
          throw Failure("a model of \(model.dimension) values makes \(vectors.shape)")
        }
      }
      return true
    } catch let error as ModelFileError {
      return try refused("\(error)")
    }
  }
}
