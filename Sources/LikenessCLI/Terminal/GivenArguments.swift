import ArgumentParser
import Foundation

/// What the command was given, byte by byte: the system's arguments are no text.
enum GivenArguments {
  /// Refuses an argument that is not UTF-8. As text it would have U+FFFD in the place of its bytes, and so would name
  /// another file, the same for many: one would be written over another.
  ///
  /// - Throws: `ValidationError`, which names the argument.
  static func check() throws {
    var number = 0
    // The first is the command's own name, wherever somebody put it.
    while number < Int(CommandLine.argc) - 1 {
      number += 1
      guard let argument = CommandLine.unsafeArgv[number] else { return }
      let bytes = UnsafeBufferPointer(start: argument, count: strlen(argument)).map { UInt8(bitPattern: $0) }
      if String(validating: bytes, as: UTF8.self) != nil { continue }
      throw ValidationError(
        "argument \(number), \"\(shown(bytes))\", is not UTF-8, and would be taken for another name: give another, or a "
          + "link to the file that has a name in UTF-8.")
    }
  }

  /// Bytes as text, where they are none as a shell's `$'…'` has them: `x\xFF.db`.
  static func shown(_ bytes: [UInt8]) -> String {
    var text = ""
    var rest = bytes[...]
    while let first = rest.first {
      let scalar = (1...4).lazy.compactMap { String(validating: rest.prefix($0), as: UTF8.self) }.first
      text += scalar ?? "\\x" + (first < 16 ? "0" : "") + String(first, radix: 16, uppercase: true)
      rest = rest.dropFirst(scalar?.utf8.count ?? 1)
    }
    return text
  }
}
