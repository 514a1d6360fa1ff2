import Foundation

/// Named float32 tensors, named bytes (texts) and string metadata, as a safetensors file holds them.
///
/// The format: the header's length (8 bytes, little-endian), the header (a JSON object of
/// `name: {dtype, shape, data_offsets}` and `__metadata__`), and the data. The reader takes nothing on trust: every
/// length is checked before it is used, the tensors must fill the data exactly, without overlap, and the bytes must be
/// those whose digest the file says.
public struct SafeTensors: Sendable {
  /// The tensors by name.
  public var tensors: [String: Tensor]
  /// Tensors of bytes by name: one dimension each.
  public var bytes: [String: [UInt8]]
  /// The strings under `__metadata__`.
  public var metadata: [String: String]

  /// Headers longer than this are refused.
  static let longestHeader = 4 << 20
  /// Of metadata that are longer than this together, in bytes of UTF-8, the longest lie as tensors of bytes with
  /// ``longMetadata`` before their key: the header stays short, however many identities a model's card lists.
  static let longestMetadata = 192 << 10
  static let longMetadata = "metadata."
  static let floatType = "F32"
  static let byteType = "U8"
  /// Bytes a value.
  static let widths = [floatType: 4, byteType: 1]
  /// JSON nested deeper than this is refused before it reaches a recursive parser.
  static let deepestNesting = 32

  /// Tensors and metadata to be written.
  public init(tensors: [String: Tensor], bytes: [String: [UInt8]] = [:], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.bytes = bytes
    self.metadata = metadata
  }
}
