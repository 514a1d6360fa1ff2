import Foundation

/// Seconds that the calling thread has had a core for.
public enum ThreadClock {
  /// Seconds since some moment.
  public static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
