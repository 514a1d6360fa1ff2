#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The end of the command.
enum Ending {
  /// Ends the process, without what libraries have put off until then: everything is written and closed before, and the
  /// BLAS waits there for its threads, for ever where they could not get the memory that they ask for.
  static func now(_ status: Int32) -> Never {
    fflush(nil)
    _exit(status)
  }
}
