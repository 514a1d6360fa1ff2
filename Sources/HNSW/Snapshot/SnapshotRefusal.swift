/// Why a snapshot is not used, as a sentence without its subject. There is nothing to mend: an index is built from the
/// vectors instead.
package struct SnapshotRefusal: Error, Hashable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }

  /// Bytes that are otherwise than a snapshot's can be.
  static func damaged(_ what: String) -> SnapshotRefusal { SnapshotRefusal("it is damaged: \(what)") }
}
