import Foundation
import Likeness
import LikenessEmbedders
import LikenessTraining
import Testing

@Suite("Embedders of pictures")
struct ImageEmbedderTests {
  private static func pca(_ folder: StripedFolder) throws -> Data {
    try BaselineRecipe.pca(components: 6).fit(PictureFolder(path: folder.path)).model.file()
  }

  @Test("the example of the README: train, open, enroll, query")
  func readme() throws {
    let known = try StripedFolder(identities: 6, pictures: 4)
    let others = try StripedFolder(identities: 2, pictures: 2, first: 10)
    var trainer = FaceTrainer()
    (trainer.members, trainer.epochs) = (1, 1)

    let trained = try trainer.train(PictureFolder(path: known.path))
    let embedder = try ImageEmbedder(model: trained.file())
    let gallery = try Gallery(path: known.path + "/people.db", embedder: embedder)
    try gallery.enroll(.file(path: others.picture(10, 0)), as: "Ada")
    try gallery.enroll(.file(path: others.picture(11, 0)), as: "Grace")
    let candidates = try gallery.query(.input(.file(path: others.picture(11, 0))), k: 3).candidates
    #expect(candidates.map(\.identity) == ["Grace", "Ada"])
    #expect(candidates[0].distance < 1e-3)

    // Another program needs nothing but the gallery.
    try gallery.close()
    let again = try Gallery(path: known.path + "/people.db")
    try again.attachStoredEmbedder()
    #expect(try again.query(.input(.file(path: others.picture(10, 0))), k: 1).candidates.first?.identity == "Ada")
  }

  @Test("a gallery that is open is read neither as a picture nor as a model, which would drop the locks on it")
  func openGallery() throws {
    let folder = try StripedFolder(identities: 3, pictures: 2)
    let gallery = try Gallery(path: folder.path + "/people.db", embedder: ImageEmbedder(model: Self.pca(folder)))
    let link = folder.path + "/link.png"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: gallery.path)
    for path in [gallery.path, gallery.path + "-wal", link] {
      let error = #expect(throws: EmbedderError.self) { try gallery.enroll(.file(path: path), as: "Ada") }
      #expect("\(error.map { "\($0)" } ?? "")".contains("this process has open"))
      #expect(throws: ModelError.self) { try ModelFile(path: path) }
    }
    try gallery.enroll(.file(path: folder.picture(0, 0)), as: "Ada")
    #expect(try gallery.info().embeddings == 1)
  }

  @Test("the README's second example: vectors from elsewhere")
  func vectors() throws {
    let folder = try StripedFolder(identities: 1, pictures: 1)
    let gallery = try Gallery(path: folder.path + "/vectors.db")
    try gallery.register(EmbedderSpecification(name: "mine", kind: "vector", dimension: 3, metric: .cosine))
    try gallery.enroll([0.1, 0.9, 0.2], as: "first")
    #expect(try gallery.query(.vector([0.1, 0.8, 0.2]), k: 1).candidates.map(\.identity) == ["first"])
  }

  @Test("the same file has the same embedding alone, in a batch, and from its bytes")
  func batches() throws {
    let folder = try StripedFolder(identities: 4, pictures: 3)
    let embedder = try ImageEmbedder(model: Self.pca(folder))
    let files = (0..<4).flatMap { identity in (0..<3).map { folder.picture(identity, $0) } }
    let all = try embedder.embed(files.map { .file(path: $0) })
    #expect(all.count == 12 && all.allSatisfy { $0.count == embedder.specification.dimension })
    for (file, vector) in zip(files, all) {
      #expect(try embedder.embed(.file(path: file)) == vector)
      let bytes = try #require(FileManager.default.contents(atPath: file))
      #expect(try embedder.embed(.data(bytes)) == vector)
    }
  }

  @Test("a broken picture is named; asked for each, the others are embedded all the same")
  func broken() throws {
    let folder = try StripedFolder(identities: 3, pictures: 2)
    let embedder = try ImageEmbedder(model: Self.pca(folder))
    try Data("P5\n32 32\n255\n".utf8).write(to: URL(fileURLWithPath: folder.picture(1, 1)))
    let inputs: [EmbedderInput] = [0, 1, 2].map { .file(path: folder.picture($0, 1)) }
    let error = #expect(throws: EmbedderError.self) { try embedder.embed(inputs) }
    #expect(error?.description.contains("who1/1.pgm") == true)
    let each = try embedder.embedEach(inputs)
    #expect(throws: Never.self) { try each[0].get() }
    #expect(throws: EmbedderError.self) { try each[1].get() }
    #expect(throws: Never.self) { try each[2].get() }
    #expect(throws: EmbedderError.self) { try embedder.embed(.text("a sentence")) }
  }

  @Test("two models never share a name, and a model keeps its own")
  func names() throws {
    let (one, two) = (try StripedFolder(identities: 4, pictures: 3), try StripedFolder(identities: 5, pictures: 3))
    let (a, b) = (try ImageEmbedder(model: Self.pca(one)), try ImageEmbedder(model: Self.pca(two)))
    #expect(a.specification.name.hasPrefix("pca-") && a.specification.name != b.specification.name)
    #expect(try ImageEmbedder(model: Self.pca(one)).specification == a.specification)
    #expect(a.specification.sha256?.count == 64)
  }

  @Test("what is no picture model is refused with a sentence")
  func refused() throws {
    let folder = try StripedFolder(identities: 3, pictures: 2)
    let model = try Self.pca(folder)
    for bytes in [Data(), Data("text".utf8), model.prefix(model.count / 2), model + [0]] {
      let error = #expect(throws: ModelError.self) { try ImageEmbedder(model: bytes, name: "some.model") }
      #expect(error?.description.hasPrefix("model some.model: ") == true)
    }
    #expect(throws: ModelError.self) { try ImageEmbedder(modelAt: folder.path + "/none.model") }
  }

  @Test("a gallery of bare vectors says that it has no model to run")
  func noModel() throws {
    let folder = try StripedFolder(identities: 1, pictures: 1)
    let gallery = try Gallery(path: folder.path + "/v.db")
    #expect(throws: ModelError.self) { try gallery.attachStoredEmbedder() }
    try gallery.register(EmbedderSpecification(name: "mine", kind: "vector", dimension: 3, metric: .euclidean))
    #expect(throws: ModelError.self) { try gallery.attachStoredEmbedder() }
  }
}
