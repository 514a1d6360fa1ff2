#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The most memory this process has had.
enum PeakMemory {
  private static var ownProcess: CInt {
    #if canImport(Glibc)
      CInt(RUSAGE_SELF.rawValue)
    #else
      RUSAGE_SELF
    #endif
  }

  static var bytes: Int {
    var usage = rusage()
    guard getrusage(ownProcess, &usage) == 0 else { return 0 }
    #if canImport(Darwin)
      return Int(usage.ru_maxrss)
    #else
      return Int(usage.ru_maxrss) * 1024
    #endif
  }
}
