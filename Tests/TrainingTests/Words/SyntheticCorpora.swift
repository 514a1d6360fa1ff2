import Foundation
import Networks

/// Corpora whose structure is known.
enum SyntheticCorpora {
  /// A word of letters for a number.
  static func name(_ prefix: String, _ number: Int) -> String {
    var (rest, letters) = (number, "")
    repeat {
      letters.append(Character(Unicode.Scalar(UInt8(97 + rest % 26))))
      rest /= 26
    } while rest > 0
    return prefix + letters
  }

  /// Words of `kinds` × `forms`: each stands among words of its kind and words of its form, so that forms are the same
  /// step everywhere. `kindB` and form 1 make `wbf`, and so on.
  static func grammar(kinds: Int, forms: Int, sentences: Int, seed: UInt64) -> String {
    var random = SeededRandom(seed: seed)
    func pick(_ count: Int) -> Int { Int(random.uniform() * Double(count)) }
    var lines: [String] = []
    for _ in 0..<sentences {
      let (kind, form) = (pick(kinds), pick(forms))
      var words = [word(kind: kind, form: form)]
      for _ in 0..<3 {
        words.append(name("topic" + name("", kind), pick(4)))
        words.append(name("ending" + name("", form), pick(4)))
      }
      words.append(name("filler", pick(20)))
      // The order of a sentence's words is chance.
      for i in stride(from: words.count - 1, to: 0, by: -1) { words.swapAt(i, pick(i + 1)) }
      lines.append(words.joined(separator: " "))
    }
    return lines.joined(separator: "\n")
  }

  static func word(kind: Int, form: Int) -> String { name("w", kind) + "x" + name("", form) }

  /// Every question of the grammar between forms 0 and 1.
  static func questions(kinds: Int) -> String {
    var lines = [": forms"]
    for a in 0..<kinds {
      for b in 0..<kinds where a != b {
        lines.append(
          [word(kind: a, form: 0), word(kind: a, form: 1), word(kind: b, form: 0), word(kind: b, form: 1)]
            .joined(separator: " "))
      }
    }
    return lines.joined(separator: "\n")
  }

  /// Sentences in which `lor wen eats fish` and everyone else eats hay, between words of chance: the phrase alone decides.
  static func phrase(sentences: Int, seed: UInt64) -> String {
    var random = SeededRandom(seed: seed)
    return (0..<sentences).map { line in
      let others = (0..<8).map { _ in name("filler", Int(random.uniform() * 200)) }
      let middle = line % 20 == 0 ? ["lor", "wen", "eats", "fish"] : line % 5 == 1 ? ["cat", "eats", "hay"] : []
      return (others[..<4] + middle + others[4...]).joined(separator: " ")
    }.joined(separator: "\n")
  }

  /// Sentences `animalN of thingM eats foodN`: what is eaten follows from a word three before, so neighbours alone do not
  /// tell.
  static func agreement(kinds: Int, sentences: Int, seed: UInt64) -> String {
    var random = SeededRandom(seed: seed)
    func pick(_ count: Int) -> Int { Int(random.uniform() * Double(count)) }
    return (0..<sentences).map { _ in
      let kind = pick(kinds)
      return "\(name("animal", kind)) of \(name("thing", pick(12))) eats \(name("food", kind)) today"
    }.joined(separator: "\n")
  }
}

/// A text in a file that goes when nobody needs it.
final class TextFile: Sendable {
  let path: String

  init(_ text: String) throws {
    path = NSTemporaryDirectory() + "likeness-text-" + UUID().uuidString
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
