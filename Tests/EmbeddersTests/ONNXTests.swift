import Foundation
import Images
import Likeness
import LikenessEmbedders
import LikenessTraining
import Networks
import Testing

@Suite("Models for other programs: ONNX")
struct ONNXTests {
  /// A Python that has onnx, onnxruntime and numpy: `LIKENESS_PYTHON`, or `python3`.
  private static let python: String? = {
    let said = ProcessInfo.processInfo.environment["LIKENESS_PYTHON"]
    return [said, "python3"].compactMap { $0 }.first {
      (try? run($0, ["-c", "import onnx, onnxruntime, numpy"]))?.status == 0
    }
  }()

  private static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var colour = Picture.Colour.grey
    var normalization = Preprocessing.Normalization.standardize
    var framing = Preprocessing.Framing.fill
    var central = 1.0
    var members = 1
    var views = [View.straight]
    var isFramed = false
    var testDescription: String { name }
  }

  private static let cases = [
    Case(name: "one network"),
    Case(
      name: "colour, stretched, of a fixed scale", colour: .rgb,
      normalization: .meanDeviation(mean: 0.5, deviation: 0.25),
      framing: .stretch),
    Case(name: "local contrast, cropped", normalization: .standardizeWithLocalContrast, central: 0.8),
    Case(name: "the root's contrast, in colour", colour: .rgb, normalization: .halfStandardizeWithRootContrast),
    Case(
      name: "a committee and the views of few faces", normalization: .standardizeWithLocalContrast, central: 0.9,
      members: 3,
      views: FaceRecipe.views),
    Case(
      name: "a committee and the views of many faces", normalization: .halfStandardizeWithRootContrast, members: 3,
      views: FaceRecipe.views(nearest: 1 / 0.7)),
    Case(name: "one network and one of framing", framing: .stretch, isFramed: true),
    Case(
      name: "a committee, the views of many faces and a network of framing, cropped",
      normalization: .halfStandardizeWithRootContrast, central: 0.9, members: 3,
      views: FaceRecipe.views(nearest: 1 / 0.7), isFramed: true),
  ]

  private static func layers(_ kind: Int) -> [LayerSpecification] {
    switch kind {
    case 0:
      [
        .convolution(outputs: 8, kernel: 5, stride: 2, padding: 2, bias: false), .batchNormalization, .relu,
        .convolution(outputs: 12, kernel: 3, padding: 1), .batchNormalization, .leakyReLU(slope: 0.1),
        .maxPooling(size: 2), .dropout(rate: 0.2), .flatten, .linear(outputs: 10, bias: true), .l2Normalization,
      ]
    case 1: [.flatten, .linear(outputs: 6, bias: false), .l2Normalization]
    default:
      [
        .convolution(outputs: 6, kernel: 3, padding: 1), .relu, .averagePooling(size: 3, stride: 2),
        .maxPooling(size: 3, stride: 1), .globalAveragePooling, .batchNormalization,
        .sharedLinear(outputs: 4, groups: 3), .linear(outputs: 7), .l2Normalization,
      ]
    }
  }

  private static func embedder(_ one: Case) throws -> ImageEmbedder {
    let preprocessing = try Preprocessing(
      colour: one.colour, width: 20, height: 26, centralFraction: one.central, framing: one.framing,
      normalization: one.normalization)
    let members = try (0..<one.members).map { member in
      let architecture = try Architecture(input: preprocessing.shape, layers: layers(member))
      let network = try Network(architecture: architecture, seed: UInt64(member + 1))
      // Running statistics that are not the first ones.
      var random = SeededRandom(seed: 5)
      for _ in 0..<3 {
        let values = (0..<8 * preprocessing.count).map { _ in Float(random.normal()) }
        _ = network.forward(Tensor(shape: [8] + preprocessing.shape, values: values), training: true)
      }
      return EmbeddingModel.Member(architecture: architecture, weights: network.weights)
    }
    let model = try PictureModel(
      recipe: "faces", preprocessing: preprocessing, members: members, views: one.views,
      framing: one.isFramed ? framing(preprocessing) : nil, card: ["seed": 1])
    return try ImageEmbedder(model: model.file())
  }

  /// A network of framing that sends every picture somewhere else.
  private static func framing(_ preprocessing: Preprocessing) throws -> FramingNetwork {
    let architecture = try FramingTrainer.architecture(input: preprocessing.shape)
    return try FramingNetwork(
      .init(architecture: architecture, weights: Network(architecture: architecture, seed: 3).weights))
  }

  @Test(
    "ONNX Runtime gives the embeddings that Likeness gives, from decoded pixels on",
    .enabled(
      if: ONNXTests.python != nil, "needs a Python with onnx, onnxruntime and numpy: name it in LIKENESS_PYTHON"),
    arguments: cases)
  func agrees(_ one: Case) throws {
    let python = try #require(Self.python)
    let embedder = try Self.embedder(one)
    var random = SeededRandom(seed: 9)
    let folder = NSTemporaryDirectory() + "likeness-onnx-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var pictures: [[String: Any]] = []
    // Larger, smaller, of another aspect, odd sides, the very size, and one pixel: which the committee has a network
    // without constants for, whose direction is then a matter of rounding.
    var sizes = [(92, 112), (12, 15), (70, 31), (33, 47), (20, 26), (19, 27)]
    if one.members == 1 { sizes.append((1, 1)) }
    for (width, height) in sizes {
      let channels = one.colour.channels
      let pixels = (0..<width * height * channels).map { index in
        UInt8(
          min(
            max(
              128 + 90 * (Double(index % (width * channels)) / Double(width * channels) - 0.5)
                + random.uniform(-60, 60), 0), 255))
      }
      let picture = try Picture(width: width, height: height, channels: channels, pixels: pixels)
      let path = folder + "/picture.png"
      try picture.pngData().write(to: URL(fileURLWithPath: path))
      pictures.append([
        "width": width, "height": height, "channels": channels, "pixels": pixels.map { Int($0) },
        "embedding": try embedder.embed(.file(path: path)).map { Double($0) },
      ])
    }
    try embedder.onnx().write(to: URL(fileURLWithPath: folder + "/model.onnx"))
    try JSONSerialization.data(withJSONObject: pictures).write(to: URL(fileURLWithPath: folder + "/pictures.json"))
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/check_onnx.py"
    let check = try Self.run(python, [script, folder + "/model.onnx", folder + "/pictures.json"])
    #expect(check.status == 0, "\(check.output)")
  }

  @Test("every value in the graph is made before it is used, and the same model gives the same bytes", arguments: cases)
  func sound(_ one: Case) throws {
    let embedder = try Self.embedder(one)
    let bytes = embedder.onnx()
    #expect(bytes == embedder.onnx())
    let model = try ProtobufReader(bytes)
    #expect(model.texts(2) == ["likeness"])
    let graph = try model.message(7)
    var known = Set(try graph.messages(5).flatMap { $0.texts(8) } + graph.messages(11).flatMap { $0.texts(1) })
    #expect(try graph.messages(11).flatMap { $0.texts(1) } == ["pixels"])
    let nodes = try graph.messages(1)
    #expect(nodes.count > 20)
    for node in nodes {
      for input in node.texts(1) { #expect(known.contains(input), "\(input) is used before it is made") }
      for output in node.texts(2) { #expect(known.insert(output).inserted, "\(output) is made twice") }
    }
    #expect(try graph.messages(12).flatMap { $0.texts(1) } == ["embedding"])
    #expect(known.contains("embedding"))
    let weights = Set(try graph.messages(5).flatMap { $0.texts(8) })
    let used = Set(nodes.flatMap { $0.texts(1) })
    #expect(weights.isSubset(of: used), "a tensor that nobody uses")
    let metadata = try model.messages(14).map { ($0.texts(1).first ?? "", $0.texts(2).first ?? "") }
    #expect(metadata.first { $0.0 == "metric" }?.1 == "euclidean")
    #expect(metadata.first { $0.0 == "sha256" }?.1 == embedder.specification.sha256)
  }
}

/// Reads the fields of a protobuf message.
private struct ProtobufReader {
  struct Malformed: Error {}
  private var fields: [(number: Int, data: Data)] = []

  init(_ data: Data) throws {
    var rest = data[...]
    func varint() throws -> UInt64 {
      var (value, shift): (UInt64, UInt64) = (0, 0)
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
      throw Malformed()
    }
    while !rest.isEmpty {
      let key = try varint()
      switch key & 7 {
      case 0: fields.append((Int(key >> 3), Data("\(try varint())".utf8)))
      case 2:
        let count = Int(try varint())
        guard count <= rest.count else { throw Malformed() }
        fields.append((Int(key >> 3), Data(rest.prefix(count))))
        rest = rest.dropFirst(count)
      case 5:
        guard rest.count >= 4 else { throw Malformed() }
        rest = rest.dropFirst(4)
      default: throw Malformed()
      }
    }
  }

  func texts(_ number: Int) -> [String] {
    fields.filter { $0.number == number }.map { String(decoding: $0.data, as: UTF8.self) }
  }

  func messages(_ number: Int) throws -> [ProtobufReader] {
    try fields.filter { $0.number == number }.map { try ProtobufReader($0.data) }
  }

  func message(_ number: Int) throws -> ProtobufReader {
    guard let first = try messages(number).first else { throw Malformed() }
    return first
  }
}
