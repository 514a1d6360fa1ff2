import Digests
import Foundation
import GRDB

extension Gallery {
  /// Keeps that a training begins, and whom it is trained on.
  ///
  /// ```swift
  /// let run = try gallery.recordTraining(TrainingStart(recipe: "faces", seed: 1, identities: ["Ada", "Grace"]))
  /// try gallery.recordEpoch(TrainingEpoch(epoch: 0, loss: 0.31), of: run)
  /// try gallery.recordTrainingResult(["eer": .number(0.02)], modelName: "faces", model: bytes, of: run)
  /// ```
  ///
  /// Of the identities their hashes are kept (``TrainingStart/hash(ofName:)``), and, where somebody of that name is enrolled
  /// here, who that is: ``forget(_:)`` then says which models were trained on a person.
  ///
  /// - Throws: ``GalleryError``.
  @discardableResult
  public func recordTraining(_ start: TrainingStart) throws -> TrainingRunID {
    let configuration = try Attributes.text(start.configuration)
    return try writing { db in
      let insertion = try RawStatement(db, "INSERT INTO training_run (recipe, configuration, seed) VALUES (?, ?, ?)")
      try insertion.bind(start.recipe, at: 1)
      try insertion.bind(configuration, at: 2)
      if let seed = start.seed { try insertion.bind(Int64(bitPattern: seed), at: 3) }
      try insertion.run()
      let run = db.lastInsertedRowID
      let member = try RawStatement(
        db, "INSERT OR IGNORE INTO training_member (run_id, name_sha256, identity_id) VALUES (?, ?, nullif(?, 0))")
      for name in start.identities {
        try member.bind(run, at: 1)
        try member.bind(Digest.ofName(name), at: 2)
        try member.bind(try Name.find(name, in: db)?.rawValue ?? 0, at: 3)
        try member.run()
      }
      return TrainingRunID(rawValue: run)
    }
  }

  /// Keeps one pass of a training; one that was kept before under its number is replaced.
  ///
  /// - Throws: ``GalleryError/invalidArgument(reason:)`` where there is no such training, or a figure is no number.
  public func recordEpoch(_ epoch: TrainingEpoch, of run: TrainingRunID) throws {
    guard epoch.loss.isFinite, epoch.epoch >= 0 else {
      throw GalleryError.invalidArgument(
        reason: "epoch \(epoch.epoch) has the loss \(epoch.loss): a training that lost its way is not kept")
    }
    let metrics = try Attributes.text(epoch.metrics)
    try writing { db in
      try Self.check(run, in: db)
      let insertion = try RawStatement(
        db,
        """
        INSERT OR REPLACE INTO training_epoch (run_id, epoch, loss, validation_loss, metrics, seconds)
        VALUES (?, ?, ?, ?, ?, ?)
        """)
      try insertion.bind(run.rawValue, at: 1)
      try insertion.bind(Int64(epoch.epoch), at: 2)
      try insertion.bind(epoch.loss, at: 3)
      try insertion.bind(epoch.validationLoss.flatMap { $0.isFinite ? $0 : nil }, at: 4)
      try insertion.bind(metrics, at: 5)
      try insertion.bind(epoch.seconds, at: 6)
      try insertion.run()
    }
  }

  /// Keeps that a training ended, and what came of it.
  ///
  /// The model need not be this gallery's embedder; if it is, or becomes that, the two are known to belong together.
  ///
  /// - Parameters:
  ///   - result: What evaluation said.
  ///   - modelName: What people call the model.
  ///   - model: The model file's bytes, of which the SHA-256 is kept.
  ///   - run: The training.
  /// - Throws: ``GalleryError/invalidArgument(reason:)`` where there is no such training.
  public func recordTrainingResult(
    _ result: [String: JSONValue], modelName: String? = nil, model: Data? = nil, of run: TrainingRunID
  ) throws {
    let text = try Attributes.text(result)
    try writing { db in
      try Self.check(run, in: db)
      let update = try RawStatement(
        db,
        """
        UPDATE training_run SET result = ?1, model_name = ?2, model_sha256 = ?3,
          embedder_id = ifnull((SELECT min(id) FROM embedder WHERE sha256 = ?3), embedder_id),
          finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
        WHERE id = ?4
        """)
      try update.bind(text, at: 1)
      try update.bind(modelName, at: 2)
      try update.bind(model.map { Digest.of($0) }, at: 3)
      try update.bind(run.rawValue, at: 4)
      try update.run()
    }
  }

  /// The trainings this gallery knows of, oldest first.
  ///
  /// - Throws: ``GalleryError``.
  public func trainingRuns() throws -> [TrainingRun] {
    try reading { db in
      guard try db.integer("PRAGMA user_version") >= 2 else { return [] }
      let rows = try RawStatement(
        db,
        """
        SELECT r.id, r.recipe, r.configuration, ifnull(m.name, r.model_name), ifnull(m.sha256, r.model_sha256), r.result,
               (SELECT count(*) FROM training_member AS p WHERE p.run_id = r.id), r.started_at, r.finished_at
        FROM training_run AS r LEFT JOIN embedder AS m ON m.id = r.embedder_id ORDER BY r.id
        """)
      var runs: [TrainingRun] = []
      while try rows.step() {
        runs.append(
          TrainingRun(
            id: TrainingRunID(rawValue: rows.integer(0)), recipe: rows.text(1) ?? "",
            configuration: Attributes.values(rows.text(2) ?? "{}"), modelName: rows.text(3), modelSHA256: rows.text(4),
            result: Attributes.values(rows.text(5) ?? "{}"), identities: Int(rows.integer(6)),
            epochs: try Self.epochs(of: rows.integer(0), in: db), startedAt: rows.text(7) ?? "",
            finishedAt: rows.text(8)))
      }
      return runs
    }
  }

  private static func epochs(of run: Int64, in db: Database) throws -> [TrainingEpoch] {
    let rows = try RawStatement(
      db, "SELECT epoch, loss, validation_loss, metrics, seconds FROM training_epoch WHERE run_id = ? ORDER BY epoch")
    try rows.bind(run, at: 1)
    var epochs: [TrainingEpoch] = []
    while try rows.step() {
      epochs.append(
        TrainingEpoch(
          epoch: Int(rows.integer(0)), loss: rows.number(1) ?? .nan, validationLoss: rows.number(2),
          metrics: Attributes.values(rows.text(3) ?? "{}"), seconds: rows.number(4)))
    }
    return epochs
  }

  private static func check(_ run: TrainingRunID, in db: Database) throws {
    guard try db.integer("SELECT count(*) FROM training_run WHERE id = ?", run.rawValue) == 1 else {
      throw GalleryError.invalidArgument(
        reason: "there is no training \(run) in this gallery: recordTraining(_:) makes one")
    }
  }
}
