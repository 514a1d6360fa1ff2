/// A dense float32 array with a shape.
public struct Tensor: Sendable {
}
