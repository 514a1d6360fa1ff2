#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the system lets this process have, as `ulimit` sets it.
package enum ProcessLimits {
  /// Raises the number of files that may be open at once to `wanted`, as far as this process may.
  ///
  /// - Returns: how many they are now.
  package static func allowOpenFiles(_ wanted: Int) -> Int {
    var limit = rlimit()
    guard getrlimit(openFiles, &limit) == 0 else { return .max }
    if limit.rlim_cur < rlim_t(wanted), limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = min(rlim_t(wanted), limit.rlim_max)
      if setrlimit(openFiles, &raised) == 0 { limit = raised }
    }
    return Int(clamping: limit.rlim_cur)
  }

  /// How many bytes a file may have that this process writes; nil where nothing is said.
  package static var fileSize: Int? {
    var limit = rlimit()
    guard getrlimit(fileBytes, &limit) == 0, let bytes = Int(exactly: limit.rlim_cur), bytes < .max else { return nil }
    return bytes
  }

  /// Has a file that would become larger than ``fileSize`` be an error of the call that writes it, as a full disk is: by
  /// default the system ends the process.
  package static func surviveFileSize() { signal(SIGXFSZ, SIG_IGN) }

  /// Why a write failed where ``fileSize`` is the reason, with the way out.
  package static var fileSizeSentence: String {
    let bytes = fileSize.map { "of more than \($0) bytes" } ?? "as large as that"
    return "this process may write no file \(bytes): allow it larger ones (ulimit -f)"
  }

  #if canImport(Glibc)
    private static var openFiles: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
    private static var fileBytes: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_FSIZE.rawValue) }
  #else
    private static var openFiles: Int32 { RLIMIT_NOFILE }
    private static var fileBytes: Int32 { RLIMIT_FSIZE }
  #endif
}
