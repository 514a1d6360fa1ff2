#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Pages of 2 MiB where Linux gives them on request: a walk through the graph touches memory far and wide, and looking up
/// 4 KiB pages costs it some 5 % of its speed. Elsewhere, or refused, nothing happens.
enum HugePages {
  #if os(Linux)
    /// Where a chunk must begin for its pages to be huge.
    static let alignment = 2 << 20
    private static let hugePage: Int32 = 14
    private static let collapse: Int32 = 25

    /// Asks for huge pages in memory that is not touched yet.
    static func ask(for memory: UnsafeMutableRawPointer, byteCount: Int) {
      madvise(memory, byteCount, hugePage)
    }

    /// Turns memory in use into huge pages, its contents and its readers undisturbed.
    static func collapse(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
      madvise(memory, byteCount, hugePage)
      madvise(memory, byteCount, collapse)
    }
  #else
    static let alignment = 16_384
    static func ask(for memory: UnsafeMutableRawPointer, byteCount: Int) {}
    static func collapse(_ memory: UnsafeMutableRawPointer, byteCount: Int) {}
  #endif
}
