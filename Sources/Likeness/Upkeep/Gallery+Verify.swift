import Foundation
import GRDB

extension Gallery {
  /// What a verification is at, and how far.
  public struct VerificationProgress: Sendable, Hashable {
    /// The check under way, as ``Verification/Check/name`` has it.
    public var check: String
    /// How many rows are done.
    public var completed: Int
    /// How many there are.
    public var total: Int
  }

  /// Proves that the gallery is sound, or says what is not, row by row, and which command mends it.
  ///
  /// Everything is read in one transaction, so that it is about one moment, while others read and write. The index is
  /// compared as it is, with the changes it has taken up: it is not mended first.
  ///
  /// - Pages, references and schema are as SQLite and this library expect them.
  /// - Every row is sound: lengths, finite values, norms, names, JSON, times; each model has its SHA-256, and each vector
  ///   that has a checksum the bytes it was enrolled with.
  /// - The index holds exactly the sound rows, vector by vector, and its graph keeps its invariants.
  /// - Searches for a sample of probes give exact distances; how many of the true nearest they find is measured by comparing
  ///   the probes with every row.
  /// - No erasure is pending, and the index snapshot beside the file says what the index says.
  ///
  /// It reads the file several times, and compares each probe with every row.
  ///
  /// - Parameters:
  ///   - sample: How many searches to try.
  ///   - seed: Which ones: the same seed tries the same.
  ///   - progress: Called from this thread now and then.
  /// - Throws: ``GalleryError`` where the gallery cannot be read at all.
  public func verify(
    sample: Int = 100, seed: UInt64 = 1, progress: ((VerificationProgress) -> Void)? = nil
  ) throws -> Verification {
    guard sample >= 0 else { throw GalleryError.invalidArgument(reason: "the sample is \(sample): give 0 or more") }
    let started = ContinuousClock.now
    let effort = try Effort(ef: nil, recall: nil, or: configuration)
    var failure: (any Error)?
    do {
      try translating { try buildIndex() }
    } catch {
      failure = error
    }
    var verification = try translating {
      try connections.read { db, last in
        var view: IndexView?
        if failure == nil {
          do {
            view = try keeper.view(db, last: &last)
          } catch let stale as Connections.StaleSnapshot {
            throw stale
          } catch {
            failure = error
          }
        }
        defer { if let view { keeper.close(view) } }
        return Verifier(gallery: self, db: db, view: view, effort: effort, failure: failure, progress: progress)
          .run(sample: sample, seed: seed)
      }
    }
    verification.seconds = Double((ContinuousClock.now - started) / .milliseconds(1)) / 1_000
    return verification
  }
}

/// One verification: the checks in their order.
private struct Verifier {
  let gallery: Gallery
  let db: Database
  let view: IndexView?
  let effort: Effort
  /// Why there is no index.
  let failure: (any Error)?
  let progress: ((Gallery.VerificationProgress) -> Void)?

  func run(sample: Int, seed: UInt64) -> Verification {
    let file = FileCheck(path: gallery.path, db: db)
    var checks = [file.pages()]
    checks.append(attempt("references") { try file.references() })
    checks.append(attempt("schema") { try file.schema() })
    var sound: [Int64] = []
    var remarks: [String] = []
    do {
      let total = Int(try db.integer("SELECT count(*) FROM embedding"))
      var rows = try RowCheck(path: gallery.path, db: db)
      checks.append(attempt("embedders") { try rows.embedders() })
      checks.append(attempt("identities") { try rows.identities() })
      do {
        checks += try rows.embeddings { report("embeddings", $0, total) }
      } catch {
        checks.append(unreadable("embeddings", error))
      }
      checks.append(attempt("training") { try rows.training() })
      sound = rows.sound
      remarks += [try? rows.remarkOnOthers()].compactMap(\.self)
    } catch {
      checks.append(unreadable("embeddings", error))
    }
    checks += indexChecks(sound, sample: sample, seed: seed)
    checks.append(snapshot())
    checks.append(attempt("erasure") { try file.erasure() })
    checks.append(attempt("log") { try file.log() })
    if checks.contains(where: { ["index", "graph", "searches"].contains($0.name) && $0.outcome == .wrong }) {
      gallery.keeper.suspect()
    }
    return Verification(
      path: gallery.path, isSound: !checks.contains { $0.outcome == .wrong }, checks: checks,
      remarks: remarks, contentSHA256: try? ContentDigest.of(db).sha256, seconds: 0)
  }

  private func indexChecks(_ sound: [Int64], sample: Int, seed: UInt64) -> [Verification.Check] {
    guard let view else {
      if let failure { return [unreadable("index", failure)] }
      return [Verification.Check("index", "there is no embedder yet, so nothing is indexed", outcome: .skipped)]
    }
    let index = IndexCheck(path: gallery.path, db: db, view: view)
    return [
      // Vectors on their way into the graph stay where they are meanwhile.
      attempt("index") { try gallery.keeper.draining.withLock { _ in try index.equality(sound) } },
      index.graph(),
      attempt("searches") {
        try SearchCheck(path: gallery.path, db: db, view: view, effort: effort)
          .run(sound: sound, sample: sample, seed: seed) { report("searches", $0, sound.count) }.check
      },
    ]
  }

  private func snapshot() -> Verification.Check {
    let state = IndexSnapshotState(galleryAt: gallery.path, in: db)
    var check = Verification.Check("snapshot", state.sentence)
    if let mend = state.mend { check.add(state.sentence, mend: mend, fixable: state.isFixable) }
    return check
  }

  private func attempt(_ name: String, _ body: () throws -> Verification.Check) -> Verification.Check {
    do { return try body() } catch { return unreadable(name, error) }
  }

  private func unreadable(_ name: String, _ error: any Error) -> Verification.Check {
    // That is said of the schema already.
    if let missing = try? ExpectedSchema.missing(in: db).filter({ $0.type == "table" }).map(\.name), !missing.isEmpty,
      (error as? DatabaseError)?.message?.hasPrefix("no such table") == true
    {
      return Verification.Check(name, "not looked at: it needs \(missing.joined(separator: ", "))", outcome: .skipped)
    }
    var check = Verification.Check(name)
    check.add(
      "this cannot be read: \(FileCheck.sentence(error))",
      mend: Rescue.sentence(gallery.path))
    check.statement = "this cannot be read"
    return check
  }

  private func report(_ check: String, _ completed: Int, _ total: Int) {
    progress?(Gallery.VerificationProgress(check: check, completed: completed, total: max(total, completed)))
  }
}
