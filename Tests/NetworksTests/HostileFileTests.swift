import Foundation
import Networks
import Testing

@Suite("Hostile model files")
struct HostileFileTests {
  private func refused(_ data: Data, _ reason: String? = nil, _ comment: Comment? = nil) {
    let error = #expect(throws: ModelFileError.self, comment) { try EmbeddingModel(data) }
    guard let error else { return }
    #expect(!error.description.isEmpty)
    if let reason { #expect(error.description.contains(reason), "\(error.description)") }
  }

  private func file(_ header: String, data: Int = 0) -> Data {
    var file = Data()
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { file.append(contentsOf: $0) }
    file.append(contentsOf: header.utf8)
    file.append(contentsOf: [UInt8](repeating: 0, count: data))
    return file
  }

  /// A file whose tensors and architecture are the test's.
  private func model(_ architecture: String, tensors: String = "", data: Int = 0) -> Data {
    let escaped = architecture.replacingOccurrences(of: "\"", with: "\\\"")
    return file(
      #"{"__metadata__":{"likeness.format":"embedding model 1","likeness.views":"[{\"isMirrored\":false,\"magnification\":1,\"x\":0,\"y\":0}]","#
        + #""likeness.architectures":"[\#(escaped)]"}"# + (tensors.isEmpty ? "" : "," + tensors) + "}", data: data)
  }

  @Test("a file cut off anywhere is an error")
  func truncated() throws {
    let whole = try EmbeddingModelTests.model().encoded()
    for length in 0..<whole.count { refused(whole.prefix(length), nil, "cut at \(length)") }
    refused(whole + [0], "damaged")
  }

  @Test("a header longer than the file, or than any header, is an error")
  func headerLength() {
    for length: UInt64 in [9, 1 << 20, 1 << 22, (1 << 22) + 1, 1 << 31, 1 << 62, 1 << 63, .max - 7, .max] {
      var data = Data()
      withUnsafeBytes(of: length.littleEndian) { data.append(contentsOf: $0) }
      data.append(contentsOf: "{}      ".utf8)
      refused(data)
    }
  }

  @Test("tensors must fill the data exactly, in bounds, without overlap")
  func ranges() {
    func tensor(_ name: String, _ shape: String, _ offsets: String, _ dtype: String = "F32") -> String {
      #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }
    func refused(_ tensors: String..., data: Int, reason: String) {
      self.refused(file("{" + tensors.joined(separator: ",") + "}", data: data), reason)
    }
    refused(tensor("a", "[2]", "[0,8]"), data: 4, reason: "outside")
    refused(tensor("a", "[2]", "[8,16]"), data: 8, reason: "outside")
    refused(tensor("a", "[2]", "[-8,0]"), data: 8, reason: "outside")
    refused(tensor("a", "[2]", "[8,0]"), data: 8, reason: "outside")
    refused(tensor("a", "[2]", "[0]"), data: 8, reason: "outside")
    refused(tensor("a", "[2]", "[]"), data: 8, reason: "outside")
    refused(tensor("a", "[2]", "[0,8,16]"), data: 8, reason: "outside")
    refused(tensor("a", "[2]", "[0,9223372036854775807]"), data: 8, reason: "outside")
    refused(tensor("a", "[2]", "[-9223372036854775808,9223372036854775807]"), data: 8, reason: "outside")
    refused(tensor("a", "[2]", "[0,18446744073709551616]"), data: 8, reason: "header")
    refused(tensor("a", "[2]", "[0,1e300]"), data: 8, reason: "header")
    refused(tensor("a", "[2]", "[0,8.5]"), data: 8, reason: "header")
    refused(tensor("a", "[3]", "[0,8]"), data: 8, reason: "shape")
    refused(tensor("a", "[2]", "[0,9]"), data: 9, reason: "shape")
    refused(tensor("a", "[-1,-2]", "[0,8]"), data: 8, reason: "shape")
    refused(tensor("a", "[9223372036854775807,2]", "[0,8]"), data: 8, reason: "shape")
    refused(tensor("a", "[4294967296,4294967296,2]", "[0,8]"), data: 8, reason: "shape")
    refused(tensor("a", "[1,1,1,1,1,1,1,1,2]", "[0,8]"), data: 8, reason: "shape")
    refused(tensor("a", "[2]", "[0,8]", "F64"), data: 8, reason: "F64")
    refused(tensor("a", "[2]", "[0,8]", "BF16"), data: 8, reason: "BF16")
    refused(tensor("a", "[2]", "[0,8]"), tensor("b", "[2]", "[4,12]"), data: 12, reason: "overlap")
    refused(tensor("a", "[2]", "[0,8]"), tensor("b", "[2]", "[0,8]"), data: 8, reason: "overlap")
    refused(tensor("a", "[1]", "[0,4]"), tensor("b", "[1]", "[8,12]"), data: 12, reason: "gap")
    refused(tensor("a", "[1]", "[4,8]"), data: 8, reason: "gap")
    refused(tensor("a", "[1]", "[0,4]"), data: 8, reason: "damaged")
    refused(#""a":{"dtype":"F32","shape":[1]}"#, data: 4, reason: "header")
    refused(#""a":[]"#, data: 0, reason: "header")
    refused(#""__metadata__":{"a":1}"#, data: 0, reason: "header")
    refused(#""__metadata__":[]"#, data: 0, reason: "header")
  }

  @Test("tensors in another order than their names', and empty ones, are read")
  func order() throws {
    let tensors = try SafeTensors(
      file(
        #"{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[],"data_offsets":[8,12]},"#
          + #""e":{"dtype":"F32","shape":[0,3],"data_offsets":[8,8]}}"#, data: 12))
    #expect(tensors.tensors.mapValues(\.shape) == ["a": [], "b": [2], "e": [0, 3]])
  }

  @Test("a header that is not the JSON of a model file is an error")
  func json() {
    for header in ["", " ", "{", "null", "[]", "1", "\"\"", "{]", "{\"a\"}", "{} {}", "{\"a\":{}}", "\u{feff}{}x"] {
      refused(file(header))
    }
    var invalid = file("{\"aa\":1}")
    invalid[10] = 0xFF
    refused(invalid, "UTF-8")
    for depth in [33, 1000, 500_000] {
      refused(file(String(repeating: "[", count: depth)), "nested")
      refused(file(String(repeating: "{\"a\":", count: depth)), "nested")
    }
    refused(file("{\"a\":" + String(repeating: "[", count: 31) + String(repeating: "]", count: 31) + "}"))
    refused(file("{\"a\\u0000\\\"[[[[\":" + String(repeating: "9", count: 100_000) + "}"))
    refused(file("{}"), "not a model")
  }

  @Test("an impossible or absurd architecture is refused before anything of its size exists")
  func architectures() {
    let linear = #"{"layer":"linear","outputs":65536,"bias":false}"#
    refused(model("{}"), "architecture")
    refused(model("nonsense"), "architecture")
    refused(model(#"{"input":[1,8,8],"layers":[{"layer":"teleport"}]}"#), "teleport")
    refused(model(#"{"input":[1,8,8],"layers":[{"layer":"convolution"}]}"#), "architecture")
    refused(model(#"{"input":[65536],"layers":[\#(linear)]}"#), "parameters")
    refused(model(#"{"input":[4096],"layers":[\#(linear)]}"#), "lack")
    refused(model(#"{"input":[1,65536,65536],"layers":[]}"#), "smaller")
    refused(model(#"{"input":[1e99],"layers":[]}"#), "architecture")
    refused(model(#"{"input":[4],"layers":[{"layer":"dropout","rate":1e999}]}"#))
    refused(model(#"{"input":[1,4,4],"layers":[{"layer":"relu"}]}"#), "vector")
    refused(model(String(repeating: "[", count: 100_000)), "nested")
    let layers = Array(repeating: #"{"layer":"relu"}"#, count: 2000).joined(separator: ",")
    refused(model(#"{"input":[4],"layers":[\#(layers)]}"#), "too many")
    let pools = Array(repeating: #"{"layer":"maxPooling","size":2,"stride":9223372036854775807}"#, count: 3)
    refused(model(#"{"input":[1,9,9],"layers":[\#(pools.joined(separator: ","))]}"#), "stride")
  }

  @Test("weights must be those of the architecture, and numbers")
  func weights() throws {
    let architecture = #"{"input":[2],"layers":[{"layer":"linear","outputs":1,"bias":false}]}"#
    func tensor(_ name: String, _ shape: String, at offset: Int, bytes: Int) -> String {
      #""\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":[\#(offset),\#(offset + bytes)]}"#
    }
    let weight = tensor("0.weight", "[1,2]", at: 0, bytes: 8)
    let sound = model(architecture, tensors: weight, data: 8)
    #expect(try EmbeddingModel(sound).dimension == 1)
    refused(model(architecture), "lack")
    refused(model(architecture, tensors: tensor("0.weight", "[2,1]", at: 0, bytes: 8), data: 8), "shape")
    refused(model(architecture, tensors: weight + "," + tensor("x", "[1]", at: 8, bytes: 4), data: 12), "\"x\"")
    for value: Float in [.nan, .infinity, -.infinity, .signalingNaN] {
      var data = sound
      data.removeLast(4)
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
      refused(data, "finite")
    }
  }

  @Test("no mutation of a sound file does worse than be refused")
  func mutations() throws {
    // Without its digest, which would refuse every one of them.
    let sound = try SafeTensors(EmbeddingModelTests.model().encoded()).encoded(isSealed: false)
    let header = Int(sound[0]) | Int(sound[1]) << 8
    var random = SeededRandom(seed: 99)
    var accepted = 0
    let batch = random.tensor([1, 1, 9, 8])
    let interesting: [UInt8] = [0, 0xFF, 0x7F, 0x80] + Array("0123456789-eE.\"[]{},:\\ ".utf8)
    for round in 0..<6000 {
      var data = sound
      for _ in 0...random.integer(below: 3) {
        // Mostly in the header: nearly every change of the data is just another weight.
        let place = random.integer(below: round % 8 == 0 ? data.count : min(data.count, 8 + header))
        switch random.integer(below: 5) {
        case 0: data[place] ^= 1 << UInt8(random.integer(below: 8))
        case 1: data[place] = interesting[random.integer(below: interesting.count)]
        case 2: data[place] = UInt8(truncatingIfNeeded: random.next())
        case 3:
          data.remove(at: place)
          data.insert(data[random.integer(below: data.count)], at: random.integer(below: data.count))
        default:
          let length = min(random.integer(below: 40), data.count - place)
          let target = random.integer(below: data.count - length)
          data.replaceSubrange(target..<target + length, with: data[place..<place + length])
        }
      }
      do {
        let model = try EmbeddingModel(data)
        accepted += 1
        if model.input == [1, 9, 8] { _ = try model.embed(batch, workers: 1) }
      } catch let error as ModelFileError {
        #expect(!error.description.isEmpty)
      }
    }
    #expect(accepted > 0 && accepted < 6000)
  }
}
