import ArgumentParser

/// The seeds that a training or an evaluation can have.
enum Seed {
  /// - Throws: for a seed that a gallery, a card or a report could not give back: SQL's numbers end at 2⁶³ - 1.
  static func check(_ seed: UInt64) throws {
    guard seed <= UInt64(Int64.max) else {
      throw ValidationError("--seed must be from 0 to \(Int64.max), where SQL's whole numbers end.")
    }
  }
}
