import Files
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What happens when somebody ends a run with Ctrl-C, or the system does: files that are not finished are removed, and
/// the process ends by that signal, as it would have without.
enum Interruption {
  /// Where the handler says which signal came.
  nonisolated(unsafe) private static var notice: CInt = -1

  /// Has a thread wait for the signals, whichever thread the system gives them to: those of libraries are there already.
  static func watch() {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    notice = ends[1]
    let reading = ends[0]
    let thread = Thread {
      var number: UInt8 = 0
      while read(reading, &number, 1) != 1 {}
      UnfinishedFiles.removeAll { end(by: CInt(number)) }
    }
    thread.name = "signals"
    thread.start()
    for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) {
      var action = sigaction()
      // No more than a handler may do.
      let handler: @convention(c) (CInt) -> Void = { number in
        let code = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(Interruption.notice, &byte, 1)
        errno = code
      }
      #if canImport(Darwin)
        action.__sigaction_u.__sa_handler = handler
      #else
        action.__sigaction_handler.sa_handler = handler
      #endif
      action.sa_flags = SA_RESTART
      sigaction(number, &action, nil)
    }
  }

  /// As `nohup` has it, and shells for what runs in the background.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    #if canImport(Darwin)
      let handler = action.__sigaction_u.__sa_handler
    #else
      let handler = action.__sigaction_handler.sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  private static func end(by number: Int32) {
    signal(number, SIG_DFL)
    kill(getpid(), number)
    // The signal is on its way.
    while true { pause() }
  }
}
