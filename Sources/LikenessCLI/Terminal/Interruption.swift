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
  /// Has a thread wait for the signals, which all threads begun later leave to it. To be called before any other is
  /// begun.
  static func watch() {
    var signals = sigset_t()
    sigemptyset(&signals)
    var isAny = false
    for signal in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(signal) {
      sigaddset(&signals, signal)
      isAny = true
    }
    guard isAny else { return }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let waited = signals
    let thread = Thread {
      var number: Int32 = 0
      var signals = waited
      while sigwait(&signals, &number) != 0 {}
      UnfinishedFiles.removeAll { end(by: number) }
    }
    thread.name = "signals"
    thread.start()
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
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, number)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    kill(getpid(), number)
    // The signal is on its way.
    while true { pause() }
  }
}
