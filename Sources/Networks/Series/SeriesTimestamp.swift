/// Dates in files, such as `2016-07-01 13:00:00` and `2016-07-01T13:00:00.250Z`.
enum SeriesTimestamp {
  /// Milliseconds since 1970-01-01 in the proleptic Gregorian calendar, as if it were UTC; nil where it is no date.
  static func milliseconds(_ text: Substring) -> Double? {
    var text = text
    if text.hasSuffix("Z") { text.removeLast() }
    let halves = text.split(whereSeparator: { $0 == " " || $0 == "T" })
    guard (1...2).contains(halves.count) else { return nil }
    let date = halves[0].split(whereSeparator: { $0 == "-" || $0 == "/" }).map { Int($0) }
    guard date.count == 3, let year = date[0], let month = date[1], let day = date[2], (1...9999).contains(year),
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    var seconds = Double(days(year, month, day)) * 86_400
    if halves.count == 2 {
      let clock = halves[1].split(separator: ":").map { Double($0) }
      guard (2...3).contains(clock.count), let hour = clock[0], let minute = clock[1], (0..<24).contains(hour),
        (0..<60).contains(minute)
      else { return nil }
      seconds += hour * 3600 + minute * 60
      if clock.count == 3 {
        guard let second = clock[2], (0..<61).contains(second) else { return nil }
        seconds += second
      }
    }
    return (seconds * 1000).rounded()
  }

  /// Days since 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let ofEra = year - era * 400
    let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }
}
