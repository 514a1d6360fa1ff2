/// What a training says while it runs, whatever is trained.
public enum TrainingEvent: Sendable {
  /// So many of so many bytes of the data were read.
  case reading(Int, of: Int)
  /// Something begins that is no training of steps and takes a while, in words: `how pictures are framed is learned`.
  case preparing(String)
  /// Another training, which was cut off and could have been gone on with, is given up: its checkpoints were in this folder.
  case gaveUp(checkpoints: String)
  /// So many trainings will follow, a scout's included, configured like this.
  case planned(trainings: Int, configuration: any Encodable & Sendable)
  /// A training of so many values begins, on data described in words: `320 pictures of 8 identities, 2 others to steer by`.
  case started(parameters: Int, data: String)
  /// A training goes on after an epoch that was kept before it was cut off, at whose end it had taken so many seconds.
  case resumed(epoch: Int, seconds: Double)
  /// A step is done, of at most so many; the progress is from 0 to 1, by the clock where the training has a time to keep.
  case step(Int, of: Int, loss: Double, progress: Double)
  /// An epoch ended.
  case epoch(any TrainedEpoch)
  /// All embeddings ran together; training starts afresh as described.
  case collapsed(CollapseRecord)
}
