extension CrashCase {
  /// Everything that the laboratory does.
  static let all: [CrashCase] = photographed + killed + failing + damaged + otherHands

  private static let photographed = [
    CrashCase(name: "crash at every disk operation: enroll", interruption: .photographs) { script in
      for _ in 0..<6 { script.enroll() }
    },
    CrashCase(name: "crash at every disk operation: batches", interruption: .photographs) { script in
      for count in [3, 40, 1, 200] { script.enroll(batch: count) }
    },
    CrashCase(name: "crash at every disk operation: forget", interruption: .photographs) { script in
      script.enroll(batch: 60)
      for _ in 0..<4 { script.forget() }
    },
    CrashCase(name: "crash at every disk operation: VACUUM", interruption: .photographs) { script in
      script.enroll(batch: 80)
      script.forget()
      script.vacuum()
      script.enroll()
    },
    CrashCase(name: "crash at every disk operation: bulk enrolment and import", interruption: .photographs) { script in
      script.enrollInBulk(90, batch: 25)
      script.importFile(70, batch: 20)
    },
    CrashCase(name: "crash at every disk operation: compact and back up", interruption: .photographs) { script in
      script.enroll(batch: 120)
      script.forget()
      script.compact()
      script.backUp()
      script.enroll()
    },
    CrashCase(name: "crash at every disk operation: saved index", interruption: .photographs) { script in
      script.enroll(batch: 120)
      for _ in 0..<3 {
        script.saveIndex()
        script.forget()
        script.reopen()
        script.enroll(batch: 15)
      }
    },
    CrashCase(
      name: "crash at every disk operation: migration", interruption: .photographs, script: migration, beginsOpen: false
    ),
    CrashCase(name: "crash at every disk operation: a life", interruption: .photographs, script: life, isWalking: true),
  ]

  private static let killed = [
    CrashCase(name: "kill -9: enroll", interruption: .kill) { script in
      for _ in 0..<40 { script.enroll() }
    },
    CrashCase(name: "kill -9: batches", interruption: .kill) { script in
      for _ in 0..<12 { script.enroll(batch: Int.random(in: 1...300, using: &script.random)) }
    },
    CrashCase(name: "kill -9: forget", interruption: .kill) { script in
      script.enroll(batch: 200)
      for _ in 0..<12 { script.forget() }
    },
    CrashCase(name: "kill -9: VACUUM", interruption: .kill) { script in
      script.enroll(batch: 600)
      for _ in 0..<6 {
        script.forget()
        script.vacuum()
      }
    },
    CrashCase(name: "kill -9: opening and closing", interruption: .kill) { script in
      for _ in 0..<8 {
        script.enroll(batch: 10)
        script.reopen()
      }
    },
    CrashCase(name: "kill -9: bulk enrolment and import", interruption: .kill) { script in
      script.enrollInBulk(900, batch: 100)
      script.importFile(900, batch: 100)
    },
    CrashCase(name: "kill -9: compact and back up", interruption: .kill) { script in
      script.enroll(batch: 600)
      for _ in 0..<3 {
        script.forget()
        script.compact()
        script.backUp()
      }
    },
    CrashCase(name: "kill -9: saved index", interruption: .kill) { script in
      script.enroll(batch: 300)
      for _ in 0..<6 {
        script.saveIndex()
        script.enroll(batch: 15)
        script.forget()
        script.reopen()
      }
    },
    CrashCase(name: "kill -9: migration", interruption: .kill, script: migration, beginsOpen: false),
    CrashCase(name: "kill -9: a life", interruption: .kill, script: life, isWalking: true),
  ]

  private static let failing =
    Failure.allCases.map { failure in
      CrashCase(name: "\(words(failure)): a life", interruption: .failingDisk(failure), script: life)
    } + [
      CrashCase(name: "full file system", interruption: .smallFileSystem) { script in
        for _ in 0..<30 { script.enroll(batch: Int.random(in: 1...120, using: &script.random)) }
        for _ in 0..<3 { script.forget() }
      }
    ]

  private static let damaged = Damage.allCases.map { damage in
    CrashCase(name: "damage: \(words(damage))", interruption: .damage(damage)) { script in
      for _ in 0..<6 { script.enroll(batch: Int.random(in: 1...60, using: &script.random)) }
      script.rename()
      script.enroll()
    }
  }

  private static let otherHands = [
    CrashCase(name: "other hands: a read-only medium", interruption: .readOnlyMedium) { script in
      for _ in 0..<5 { script.enroll(batch: 20) }
    },
    CrashCase(name: "other hands: two write, eight read, a writer is killed", interruption: .crowd) { _ in },
    CrashCase(name: "other hands: a holder of the lock is waited for, named and killed", interruption: .lockHolder) {
      _ in
    },
  ]

  private static let migration: @Sendable (inout Script) -> Void = { script in
    script.migrate(40)
    script.enroll()
    script.reopen()
  }

  /// Some of everything.
  private static let life: @Sendable (inout Script) -> Void = { script in
    script.enroll(batch: 70)
    for _ in 0..<14 {
      switch Int.random(in: 0..<12, using: &script.random) {
      case 0..<2: script.enroll()
      case 2: script.enroll(batch: Int.random(in: 2...30, using: &script.random))
      case 3: script.forget()
      case 4: script.rename()
      case 5: script.merge()
      case 6: script.insertByHand()
      case 7: script.vacuum()
      case 8: script.saveIndex()
      case 9: script.compact()
      case 10: script.backUp()
      default: script.reopen()
      }
    }
  }

  private static func words(_ failure: Failure) -> String {
    switch failure {
    case .writeError: "a write fails"
    case .shortWrite: "a write is short"
    case .syncError: "a sync fails"
    case .truncateError: "a truncation fails"
    case .readError: "a read fails"
    case .openError: "a file does not open"
    case .diskFull: "the disk is full"
    }
  }

  private static func words(_ damage: Damage) -> String {
    switch damage {
    case .logCutAnywhere: "the log is torn"
    case .logBitFlip: "a bit of the log is flipped"
    case .fileCutAtEveryPage: "the file is cut at every page"
    case .fileBitFlip: "a bit of the file is flipped"
    case .fileZeroedPage: "a page of the file is zero"
    }
  }
}
