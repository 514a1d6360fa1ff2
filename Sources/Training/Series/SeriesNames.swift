import Networks

/// A folder of CSV files, one stream a file. See `Networks`.
public typealias SeriesFolder = Networks.SeriesFolder
/// A multivariate series as its file holds it. See `Networks`.
public typealias SeriesStream = Networks.SeriesStream
/// A model that turns the moments of a series into embeddings. See `Networks`.
public typealias SeriesModel = Networks.SeriesModel
