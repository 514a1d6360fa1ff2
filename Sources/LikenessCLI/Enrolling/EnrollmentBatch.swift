import Likeness

/// Embeddings that are ready to be stored in one transaction.
struct EnrollmentBatch {
  /// An input that was left out.
  struct Skipped: Encodable {
    var path: String
    var reason: String
  }

  var enrollments: [Enrollment] = []
  var skipped: [Skipped] = []
  var alreadyEnrolled = 0
  /// What was left out besides, as sentences.
  var notes: [String] = []
}
