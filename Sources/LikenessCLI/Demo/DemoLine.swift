import Foundation
import Images
import Likeness
import LikenessEmbedders
import LikenessTraining

/// The whole line on one folder of faces: train on most people, enroll the others, ask.
struct DemoLine {
  private let folder: PictureFolder
  private let out: String
  private let seed: UInt64
  private let known: [PictureFolder.Identity]
  private let strangers: [PictureFolder.Identity]

  /// - Parameters:
  ///   - faces: a folder of folders, a person each.
  ///   - out: where model, gallery and report go.
  ///   - unseen: how many people the training must not see.
  ///   - seed: which people these are, and the chance of the training.
  init(faces: String, out: String, unseen: Int, seed: UInt64) throws {
    folder = try PictureFolder(path: faces)
    self.out = out
    self.seed = seed
    let (strangers, known) = folder.divided(settingAside: unseen, seed: seed)
    guard known.count >= 4, strangers.allSatisfy({ $0.files.count >= 2 }) else {
      throw CommandFailure(
        "\(faces): \(folder.identities.count) people are too few to train on some and keep \(unseen) unseen with "
          + "two pictures each: add people, or lower --unseen")
    }
    self.known = known
    self.strangers = strangers
  }

  func run() throws -> DemoOutcome {
    let started = Date()
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: out, isDirectory: &isFolder), !isFolder.boolValue {
      throw CommandFailure("\(out): is a file: name a folder, or what is to become one")
    }
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    try checkPlace()
    let trained = try train()
    let modelPath = "\(out)/faces.model"
    try AtomicFile.write(trained.file(), to: modelPath)

    let gallery = try freshGallery(embedder: ImageEmbedder(modelAt: modelPath))
    let probes = try enroll(in: gallery)
    let asked = try ask(gallery, probes)
    return DemoOutcome(
      faces: folder.path, out: out, trainedPeople: known.count,
      trainedPictures: known.reduce(0) { $0 + $1.files.count },
      seconds: Date().timeIntervalSince(started), training: trained, asked: asked, measured: try measure(trained),
      info: try gallery.info())
  }

  /// Refuses a folder whose model, gallery or report no demo has made.
  private func checkPlace() throws {
    try OutputPlace.checkModel("\(out)/faces.model")
    if DemoReport.isOne("\(out)/report.html") { return }
    for file in ["faces.model", "gallery.db", "report.html"].map({ "\(out)/\($0)" })
    where FileManager.default.fileExists(atPath: file) {
      throw CommandFailure(
        "\(file): it is there already, and no report of a demo beside it: name another folder (--out), or remove it")
    }
  }

  private func train() throws -> TrainedEmbedder {
    var trainer = FaceTrainer()
    trainer.seed = seed
    let people = folder.subset(known)
    let progress = TrainingProgress("Training on \(known.count) people")
    let trained = try trainer.train(people, onEvent: progress.show)
    progress.finish()
    return trained
  }

  /// A gallery in which nothing of an earlier demo is left.
  private func freshGallery(embedder: ImageEmbedder) throws -> Gallery {
    let path = "\(out)/gallery.db"
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    let gallery = try Gallery(path: path, embedder: embedder)
    OpenGalleries.add(gallery)
    return gallery
  }

  /// Enrolls the first half of each stranger's pictures, five at the most; the others become probes.
  private func enroll(in gallery: Gallery) throws -> [(file: String, identity: String)] {
    let bar = ProgressBar("Enrolling \(strangers.count) others", unit: "people")
    var probes: [(file: String, identity: String)] = []
    for (done, person) in strangers.enumerated() {
      let enrolled = min(5, person.files.count / 2)
      for file in person.files.prefix(enrolled) {
        try gallery.enroll(.file(path: file), as: person.name, source: file)
      }
      probes += person.files.dropFirst(enrolled).map { ($0, person.name) }
      bar.update(done + 1, of: strangers.count)
    }
    bar.finish()
    return probes
  }

  private func ask(_ gallery: Gallery, _ probes: [(file: String, identity: String)]) throws -> [DemoOutcome.Asked] {
    try probes.map { probe in
      DemoOutcome.Asked(
        probe: probe.file, identity: probe.identity,
        answer: try gallery.query(.input(.file(path: probe.file)), k: 3))
    }
  }

  /// The trained embedder beside eigenfaces and Fisherfaces, all on the people that none of them saw.
  private func measure(_ trained: TrainedEmbedder) throws -> [DemoOutcome.Measured] {
    let unseen = folder.subset(strangers)
    var measured = [DemoOutcome.Measured(name: "triplet network", report: try trained.model.evaluate(on: unseen))]
    for recipe in BaselineRecipe.standard {
      let baseline = try recipe.fit(folder.subset(known))
      measured.append(DemoOutcome.Measured(name: recipe.name, report: try baseline.model.evaluate(on: unseen)))
    }
    return measured
  }
}
