import Foundation

/// Why a picture, a folder of pictures or a preprocessing could not be used: one sentence with a way out.
public struct PictureError: Error, Sendable, Hashable, CustomStringConvertible, LocalizedError {
  /// The file or folder it is about, where there is one.
  public let path: String?

  /// What is wrong and what to do, without the path.
  public let reason: String

  /// An error about `path`, if there is one.
  public init(path: String? = nil, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// The path, a colon and the reason; the reason alone where there is no path.
  public var description: String {
    path.map { "\($0): \(reason)" } ?? reason
  }

  /// The same sentence as `description`.
  public var errorDescription: String? { description }

  /// The same error, about `path` if it named none.
  func at(_ path: String) -> PictureError {
    self.path == nil ? PictureError(path: path, reason: reason) : self
  }
}
