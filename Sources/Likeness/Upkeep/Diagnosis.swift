/// What ails a file that is, or should be, a gallery; see ``Gallery/diagnose(path:configuration:fixing:)``.
public struct Diagnosis: Sendable, Hashable, Codable {
  /// The file's path.
  public var path: String
  /// Whether it opens as a gallery.
  public var opens: Bool
  /// Whether nothing is wrong.
  public var isHealthy: Bool
  /// What is wrong, worst first.
  public var complaints: [Complaint]
  /// What is not wrong, but good to know.
  public var remarks: [String]
  /// What was mended, as sentences; empty where nothing was to be.
  public var mended: [String]

  /// One thing that is wrong.
  public struct Complaint: Sendable, Hashable, Codable {
    /// What, as a sentence.
    public var what: String
    /// The command that mends it, or what else to do.
    public var mend: String
    /// Whether `likeness doctor --fix` does.
    public var isFixable: Bool

    private enum CodingKeys: String, CodingKey {
      case what, mend
      case isFixable = "fixable"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case path, opens, complaints, remarks, mended
    case isHealthy = "healthy"
  }
}
