import Foundation

/// A folder of CSV files, one stream a file.
public struct SeriesFolder: Sendable {
  /// The folder.
  public let path: String
  /// The files, in the order of their names.
  public let files: [String]

  /// Finds the files; subfolders are not entered.
  ///
  /// - Throws: ``SeriesError`` where the folder cannot be read or has none.
  public init(path: String) throws {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw SeriesError(path, "is no folder that can be read: give a folder of CSV files")
    }
    self.path = path
    files = names.filter { $0.lowercased().hasSuffix(".csv") && !$0.hasPrefix(".") }.sorted()
      .map { URL(fileURLWithPath: path).appendingPathComponent($0).path }
    guard !files.isEmpty else {
      throw SeriesError(
        path,
        "has no CSV file in it (its subfolders are not entered): give a folder of files with the columns t_ms and "
          + "channels")
    }
  }

  /// Reads all streams that can be read, on several threads, and says which files could not.
  ///
  /// - Throws: ``SeriesError`` about the first file where none can be read.
  public func readableStreams(workers: Int? = nil) throws -> (streams: [SeriesStream], skipped: [SeriesError]) {
    var (streams, skipped): ([SeriesStream], [SeriesError]) = ([], [])
    let read = Workers(workers ?? Workers.cores)
      .map(files) { file in Result { try SeriesStream(contentsOf: file) } }
    for (file, stream) in zip(files, read) {
      switch stream {
      case .success(let stream): streams.append(stream)
      case .failure(let error): skipped.append(error as? SeriesError ?? SeriesError(file, "\(error)"))
      }
    }
    if streams.isEmpty, let first = skipped.first { throw first }
    return (streams, skipped)
  }

  /// Reads all streams, on several threads.
  ///
  /// - Throws: ``SeriesError`` about the first file that cannot be read.
  public func streams(workers: Int? = nil) throws -> [SeriesStream] {
    try Workers(workers ?? Workers.cores)
      .map(files) { file in Result { try SeriesStream(contentsOf: file) } }
      .map { try $0.get() }
  }
}
