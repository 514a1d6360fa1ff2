import Foundation

/// One reader of bytes that anybody may have made.
///
/// Two things live on these: the ordinary tests, which read the committed seeds and mutations of them, and libFuzzer
/// (`make fuzz`), which is longer about it.
public struct FuzzTarget: Sendable {
  /// What it is called, also the folder of its seeds.
  public let name: String

  /// Reads the bytes and uses what comes of them: true where they were accepted. Bytes that are refused are refused with
  /// a sentence of this project's own.
  ///
  /// - Throws: ``Failure``, and anything that is not such a sentence.
  public let read: @Sendable ([UInt8]) throws -> Bool

  /// A promise that did not hold.
  public struct Failure: Error, CustomStringConvertible {
    /// What did not hold.
    public let description: String

    init(_ description: String) { self.description = description }
  }

  /// All of them.
  public static let all: [FuzzTarget] = [model, picture, gallery, snapshot, probe, series] + vectorFiles

  /// A refusal has to say something.
  static func refused(_ sentence: String) throws -> Bool {
    if sentence.count < 10 { throw Failure("the refusal says only \"\(sentence)\"") }
    return false
  }

  /// The committed seeds, by name.
  public func seeds() throws -> [(name: String, bytes: [UInt8])] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpora/\(name)")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { file in
      (file, [UInt8](try Data(contentsOf: folder.appendingPathComponent(file))))
    }
  }
}

/// libFuzzer's way in, by C's rules: the target is the one that the environment names.
@_cdecl("likeness_fuzz")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  do {
    _ = try chosen.read(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
  } catch {
    // A promise was broken: libFuzzer keeps the input of a process that aborts.
    FileHandle.standardError.write(Data("\(chosen.name): \(error)\n".utf8))
    abort()
  }
}

private let chosen: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["LIKENESS_FUZZ_TARGET"] ?? ""
  guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
    FileHandle.standardError.write(Data("LIKENESS_FUZZ_TARGET must be one of \(FuzzTarget.all.map(\.name))\n".utf8))
    exit(2)
  }
  return target
}()
