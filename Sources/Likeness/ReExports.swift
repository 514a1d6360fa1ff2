// What the public API speaks of and other modules define, so that whoever imports this library has all of it.

@_exported import enum HNSW.Metric
@_exported import struct Logging.Logger
@_exported import struct VectorFiles.VectorFileError
@_exported import enum VectorFiles.VectorFileFormat
