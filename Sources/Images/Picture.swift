/// A decoded picture.
public struct Picture: Sendable {
}
