/// What ``Gallery/verify(sample:seed:progress:)`` proved, and what it found wrong.
public struct Verification: Sendable, Hashable, Codable {
  /// The gallery's path.
  public var path: String
  /// Whether nothing was found wrong.
  public var isSound: Bool
  /// What was looked at, one statement each, in the order in which it was.
  public var checks: [Check]
  /// What is not wrong, but good to know, as sentences.
  public var remarks: [String]
  /// One hash of all rows, lower-case hexadecimal SHA-256: that of a backup is the same. nil where pages are too damaged to
  /// be read.
  public var contentSHA256: String?
  /// How long it took.
  public var seconds: Double

  /// One thing that was looked at.
  public struct Check: Sendable, Hashable, Codable {
    /// What, in a word: `pages`, `references`, `schema`, `embedders`, `identities`, `embeddings`, `checksums`,
    /// `training`, `index`, `graph`, `searches`, `snapshot`, `erasure`, `log`.
    public var name: String
    /// What came of it.
    public var outcome: Outcome
    /// That in a sentence.
    public var statement: String
    /// How many things are wrong.
    public var findingCount: Int
    /// The first hundred of them.
    public var findings: [Finding]

    private enum CodingKeys: String, CodingKey {
      case name, outcome, statement, findings
      case findingCount = "finding_count"
    }
  }

  /// What came of a check.
  public enum Outcome: String, Sendable, Hashable, Codable {
    /// It is as it should be.
    case proved
    /// It is not.
    case wrong
    /// It could not be looked at, or there was nothing to look at.
    case skipped
  }

  /// One thing that is wrong.
  public struct Finding: Sendable, Hashable, Codable {
    /// The table; nil where it is not about a row.
    public var table: String?
    /// The row's id, where it has one.
    public var row: Int64?
    /// What is wrong, as a sentence with its subject.
    public var what: String
    /// The command that mends it, or what else to do.
    public var mend: String
    /// Whether ``Gallery/diagnose(path:configuration:fixing:)`` mends it.
    public var isFixable: Bool

    private enum CodingKeys: String, CodingKey {
      case table, row, what, mend
      case isFixable = "fixable"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case path, checks, remarks, seconds
    case isSound = "sound"
    case contentSHA256 = "content_sha256"
  }
}

extension Verification.Check {
  /// How many findings are kept.
  static let kept = 100

  /// A check that found nothing wrong, yet.
  init(_ name: String, _ statement: String = "", outcome: Verification.Outcome = .proved) {
    self.init(name: name, outcome: outcome, statement: statement, findingCount: 0, findings: [])
  }

  /// Adds something that is wrong.
  mutating func add(_ what: String, table: String? = nil, row: Int64? = nil, mend: String, fixable: Bool = false) {
    outcome = .wrong
    findingCount += 1
    if findings.count < Self.kept {
      findings.append(Verification.Finding(table: table, row: row, what: what, mend: mend, isFixable: fixable))
    }
  }

  /// The check with what there is to say: one sentence where all is well, another with the number of findings where not.
  func concluded(_ well: @autoclosure () -> String, _ wrong: (Int) -> String) -> Self {
    var check = self
    check.statement = findingCount == 0 ? well() : wrong(findingCount)
    return check
  }
}
