import Foundation
import LikenessTraining
import Networks
import Synchronization
import Testing

@Suite("Checkpoints")
struct CheckpointTests {
  /// A folder that goes with its test.
  private final class Folder: Sendable {
    let path = NSTemporaryDirectory() + "likeness-checkpoints-" + UUID().uuidString
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private static func trainer(
    loss: LossSettings.Kind = .triplet, batches: TrainingConfiguration.Batches = .shuffled
  ) throws -> CommitteeTrainer {
    var configuration = TrainerTests.configuration()
    (configuration.steps, configuration.stepsPerEpoch) = (24, 4)
    configuration.loss = LossSettings(loss)
    configuration.miner = .softHard
    configuration.batches = batches
    configuration.augmentation = .faces
    let plan = CommitteeTrainer.Plan(architecture: try TrainerTests.architecture(), configuration: configuration)
    return CommitteeTrainer(plans: [plan, plan], seed: 7, workers: 2)
  }

  /// What a process killed now would leave: every checkpoint, whole. The other training may be writing its next one,
  /// whose unfinished file comes and goes while the folder is read.
  private static func copyCheckpoints(from folder: String, to copy: String) {
    let files = FileManager.default
    #expect(throws: Never.self) {
      try files.createDirectory(atPath: copy, withIntermediateDirectories: true)
      for name in try files.contentsOfDirectory(atPath: folder) where name.hasSuffix(".checkpoint") {
        try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)).write(
          to: URL(fileURLWithPath: copy + "/" + name))
      }
    }
  }

  @Test(
    "a training resumed from the checkpoints of any moment has the weights of one that was never cut off",
    arguments: [
      (LossSettings.Kind.triplet, TrainingConfiguration.Batches.shuffled), (.triplet, .confused), (.arcFace, .shuffled),
    ])
  func resumed(loss: LossSettings.Kind, batches: TrainingConfiguration.Batches) throws {
    let inputs = try TrainerTests.inputs()
    let folder = Folder()
    let whole = try Self.trainer(loss: loss, batches: batches).train(inputs)

    // Every epoch's end, in whatever state the trainings are, is a moment.
    let moments = Mutex([String]())
    var trainer = try Self.trainer(loss: loss, batches: batches)
    trainer.checkpoints = try CheckpointFolder(path: folder.path + "/now", fingerprint: "f", isResuming: false)
    let watched = try trainer.train(inputs) { _, event in
      guard case .epoch = event else { return }
      moments.withLock { moments in
        let copy = folder.path + "/moment\(moments.count)"
        Self.copyCheckpoints(from: folder.path + "/now", to: copy)
        moments.append(copy)
      }
    }
    #expect(watched.members.map(\.weights) == whole.members.map(\.weights), "keeping checkpoints changes nothing")

    let copies = moments.withLock { $0 }
    #expect(copies.count == 18)
    for copy in copies.enumerated().filter({ $0.offset % 3 == 1 }).map(\.element) + [folder.path + "/now"] {
      var again = try Self.trainer(loss: loss, batches: batches)
      again.workers = 1
      again.checkpoints = try CheckpointFolder(path: copy, fingerprint: "f", isResuming: true)
      let steps = Mutex(0)
      let resumed = try again.train(inputs) { _, event in
        if case .step = event { steps.withLock { $0 += 1 } }
      }
      #expect(resumed.members.map(\.weights) == whole.members.map(\.weights))
      #expect(resumed.scout?.weights == whole.scout?.weights)
      #expect(resumed.members.map { $0.epochs.map(\.loss) } == whole.members.map { $0.epochs.map(\.loss) })
      #expect(steps.withLock { $0 } < 72, "nothing was resumed")
    }
  }

  @Test("a checkpoint of another training, or a damaged one, is refused with the way out")
  func refused() throws {
    let inputs = try TrainerTests.inputs()
    let folder = Folder()
    var trainer = try Self.trainer()
    trainer.checkpoints = try CheckpointFolder(path: folder.path, fingerprint: "one", isResuming: false)
    _ = try trainer.train(inputs)
    trainer.checkpoints = try CheckpointFolder(path: folder.path, fingerprint: "two", isResuming: true)
    let other = #expect(throws: TrainingError.self) { try trainer.train(inputs) }
    #expect(other?.description.contains("another training") == true)
    #expect(other?.description.contains("without --resume") == true)

    let file = folder.path + "/training-1.checkpoint"
    let whole = try Data(contentsOf: URL(fileURLWithPath: file))
    trainer.checkpoints = try CheckpointFolder(path: folder.path, fingerprint: "one", isResuming: true)
    for bytes in [Data(), whole.prefix(whole.count / 2), Data("what".utf8), whole + Data([0])] {
      try bytes.write(to: URL(fileURLWithPath: file))
      #expect(throws: TrainingError.self) { try trainer.train(inputs) }
    }
  }

  @Test(
    "one flipped bit in a checkpoint is refused; without that file the others are gone on with, to the same weights")
  func damaged() throws {
    let inputs = try TrainerTests.inputs()
    let folder = Folder()
    var trainer = try Self.trainer()
    trainer.checkpoints = try CheckpointFolder(path: folder.path, fingerprint: "f", isResuming: false)
    let whole = try trainer.train(inputs)
    let file = folder.path + "/training-2.checkpoint"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    bytes[bytes.count / 2] ^= 4
    try bytes.write(to: URL(fileURLWithPath: file))
    trainer.checkpoints = try CheckpointFolder(path: folder.path, fingerprint: "f", isResuming: true)
    let error = #expect(throws: TrainingError.self) { try trainer.train(inputs) }
    #expect(error?.description.contains(file) == true && error?.description.contains("is damaged") == true)
    #expect(error?.description.contains("remove it") == true, "\(String(describing: error))")

    try FileManager.default.removeItem(atPath: file)
    let resumed = Mutex<Set<Int>>([])
    let again = try trainer.train(inputs) { training, event in
      if case .resumed = event { resumed.withLock { _ = $0.insert(training) } }
    }
    #expect(again.members.map(\.weights) == whole.members.map(\.weights))
    #expect(resumed.withLock { $0 } == [0, 2])
  }

  @Test("the time that was taken before it was cut off counts, for each training and for all of them")
  func seconds() throws {
    let inputs = try TrainerTests.inputs()
    let folder = Folder()
    var trainer = try Self.trainer()
    trainer.checkpoints = try CheckpointFolder(
      path: folder.path, fingerprint: "f", isResuming: false, since: .now - .seconds(100))
    let whole = try trainer.train(inputs)
    let resumption = try CheckpointFolder(path: folder.path, fingerprint: "f", isResuming: true)
    #expect((100..<200).contains(resumption.secondsBefore))
    trainer.checkpoints = resumption
    let said = Mutex<[Int: Double]>([:])
    _ = try trainer.train(inputs) { training, event in
      if case .resumed(_, let seconds) = event { said.withLock { $0[training] = seconds } }
    }
    #expect(said.withLock { $0[0] } == whole.scout?.epochs.last?.seconds)
    #expect(said.withLock { $0[1] } == whole.members[0].epochs.last?.seconds)
    #expect(try CheckpointFolder(path: folder.path, fingerprint: "g", isResuming: true).secondsBefore == 0)
  }

  @Test("a folder that is in use is refused before any data are read, and one that is not used goes again")
  func first() throws {
    let folder = Folder()
    var trainer = WordTrainer()
    trainer.checkpoints = folder.path
    #expect(throws: WordTrainingError.self) { try trainer.train(path: folder.path + "/nothing") }
    #expect(!FileManager.default.fileExists(atPath: folder.path))
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    let theirs = open(folder.path, O_RDONLY)
    try #require(flock(theirs, LOCK_EX | LOCK_NB) == 0)
    #expect(throws: TrainingError.checkpointsInUse(path: folder.path)) {
      try trainer.train(path: folder.path + "/nothing")
    }
    close(theirs)
    #expect(FileManager.default.fileExists(atPath: folder.path), "a folder that was there stays")
  }

  @Test("a folder that another process trains in is refused, untouched; afterwards its training can be given up")
  func inUse() throws {
    let folder = Folder()
    let checkpoint = folder.path + "/training-1.checkpoint"
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    try Data("theirs".utf8).write(to: URL(fileURLWithPath: checkpoint))
    // To the system another description of the folder is as good as another process.
    let theirs = open(folder.path, O_RDONLY)
    try #require(flock(theirs, LOCK_EX | LOCK_NB) == 0)
    for isResuming in [false, true] {
      let error = #expect(throws: TrainingError.self) {
        try CheckpointFolder(path: folder.path, fingerprint: "f", isResuming: isResuming)
      }
      #expect(error == .checkpointsInUse(path: folder.path))
      #expect(error?.description.contains("--out") == true)
    }
    #expect(FileManager.default.contents(atPath: checkpoint) == Data("theirs".utf8))
    close(theirs)
    let own = try CheckpointFolder(path: folder.path, fingerprint: "f", isResuming: false)
    #expect(!FileManager.default.fileExists(atPath: checkpoint))
    let other = open(folder.path, O_RDONLY)
    #expect(flock(other, LOCK_EX | LOCK_NB) != 0, "the folder is held as long as its value is kept")
    close(other)
    own.remove()
    #expect(!FileManager.default.fileExists(atPath: folder.path))
  }

  @Test("a training that cannot write its checkpoint says so and leaves the earlier one")
  func unwritable() throws {
    let inputs = try TrainerTests.inputs()
    let folder = Folder()
    var trainer = try Self.trainer()
    trainer.checkpoints = try CheckpointFolder(path: folder.path, fingerprint: "f", isResuming: false)
    // A folder where the temporary file would be: no write can succeed, whoever runs the test.
    let count = Mutex(0)
    let error = #expect(throws: TrainingError.self) {
      try trainer.train(inputs) { _, event in
        guard case .epoch = event,
          count.withLock({ count in
            count += 1; return count == 3
          })
        else { return }
        try? FileManager.default.createDirectory(
          atPath: folder.path + "/training-1.checkpoint.tmp", withIntermediateDirectories: false)
      }
    }
    #expect(error?.description.contains("epoch 2 is as it was") == true, "\(String(describing: error))")
    try FileManager.default.removeItem(atPath: folder.path + "/training-1.checkpoint.tmp")
    var again = try Self.trainer()
    again.checkpoints = try CheckpointFolder(path: folder.path, fingerprint: "f", isResuming: true)
    #expect(
      try again.train(inputs).members.map(\.weights) == Self.trainer().train(inputs).members.map(\.weights))
  }

  @Test("a loss that is no number names its place and the checkpoint that is kept")
  func notFinite() throws {
    let sound = try TrainerTests.inputs(identities: 8, each: 6)
    var values = sound.values
    // One picture of one identity: some batches are sound.
    values[255] = .nan
    let inputs = LabelledInputs(
      preprocessing: sound.preprocessing, values: values, labels: sound.labels, names: sound.names)
    let folder = Folder()
    var trainer = try Self.trainer()
    for place in trainer.plans.indices {
      trainer.plans[place].configuration.validationShare = 0
      trainer.plans[place].configuration.stepsPerEpoch = 1
      trainer.plans[place].configuration.identitiesPerBatch = 2
      trainer.plans[place].configuration.inputsPerIdentity = 2
    }
    trainer.plans = [trainer.plans[0]]
    trainer.checkpoints = try CheckpointFolder(path: folder.path, fingerprint: "f", isResuming: false)
    let error = #expect(throws: TrainingError.self) { try trainer.train(inputs) }
    let sentence = try #require(error).description
    #expect(sentence.contains("not a finite number at step"))
    let kept = folder.path + "/training-1.checkpoint"
    #expect(sentence.contains(kept) == FileManager.default.fileExists(atPath: kept), "\(sentence)")
  }
}
