/// Hands out chunks, several from one allocation where each alone is shorter than a huge page.
///
/// The first chunk has memory of its own, on small pages as long as it is the only one: a small index is left on small
/// pages, of which it touches few. Everything is given back at once, in the end.
///
/// `@unchecked Sendable`: its owner's writer alone asks it for chunks.
final class ChunkMemory: @unchecked Sendable {
  private var allocations: [UnsafeMutableRawPointer] = []
  private var firstBytes = 0
  private var next: UnsafeMutableRawPointer?
  private var left = 0

  /// What chunks share at least.
  private static let sharedBytes = 8 << 20

  deinit {
    for allocation in allocations { allocation.deallocate() }
  }

  /// A chunk that begins on a cache line, its bytes not initialized.
  func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let bytes = (byteCount + 63) & ~63
    guard let first = allocations.first else {
      firstBytes = bytes
      return allocateAlone(bytes)
    }
    if allocations.count == 1 { HugePages.collapse(first, byteCount: firstBytes) }
    if left < bytes {
      let chunks = (Self.sharedBytes + bytes - 1) / bytes
      let shared = (chunks * bytes + HugePages.alignment - 1) / HugePages.alignment * HugePages.alignment
      let start = allocateAlone(shared)
      HugePages.ask(for: start, byteCount: shared)
      (next, left) = (start, shared)
    }
    guard let chunk = next else { return allocateAlone(bytes) }
    (next, left) = (chunk + bytes, left - bytes)
    return chunk
  }

  private func allocateAlone(_ bytes: Int) -> UnsafeMutableRawPointer {
    let start = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: HugePages.alignment)
    allocations.append(start)
    return start
  }
}
