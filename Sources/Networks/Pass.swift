/// One pass over a batch: how it is divided, and the memory workers may scribble on.
///
/// What a stage does to a slice often needs nothing but what the stage before it did to the same slice. Such work waits
/// and is done together with the next stage's, slice by slice: the workers wait for one another half as often, and the
/// slice is still in the cache.
final class Pass {
  typealias SliceWork = (_ images: Range<Int>, _ slice: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void

  let images: Int
  let workers: Workers
  /// One piece of memory a worker, of the largest ``Stage/scratchCount``.
  let scratch: [FloatBuffer]
  /// Different in every training pass; dropout masks are computed from it.
  let key: UInt64
  /// Whether any amount of work may wait. Forward every stage writes to memory of its own; backward, gradients go to and
  /// fro between two buffers, and work that waited together would overwrite what other slices still read.
  var isForward = true
  private var waiting: [SliceWork] = []
  private var reductions: [() -> Void] = []

  init(images: Int, workers: Workers, scratch: [FloatBuffer], key: UInt64) {
    self.images = images
    self.workers = workers
    self.scratch = scratch
    self.key = key
  }

  /// The batch is always cut into the same slices, whatever the number of workers: sums over the batch are computed
  /// a slice at a time and combined in the slices' order.
  var slices: Int { min(Self.mostSlices, images) }
  static let mostSlices = 16

  /// Does what waits and then `work` for every slice, in parallel.
  func forEachSlice(_ work: SliceWork) {
    let before = waiting
    waiting = []
    workers.forEach(slices) { slice, worker in
      let images = Workers.range(of: slice, in: slices, items: images)
      for earlier in before { earlier(images, slice, scratch[worker].base) }
      work(images, slice, scratch[worker].base)
    }
  }

  /// Does `work` for every slice before anybody needs its result: with the next stage's.
  func later(_ work: @escaping SliceWork) {
    if !isForward { finishSlices() }
    waiting.append(work)
  }

  /// Does what waits.
  func finishSlices() {
    if !waiting.isEmpty { forEachSlice { _, _, _ in } }
  }

  /// Does `work`, which combines slices, when the pass is finished; `work` is independent of all others of its kind.
  func whenFinished(_ work: @escaping () -> Void) {
    reductions.append(work)
  }

  /// Does all that is left to do.
  func finish() {
    finishSlices()
    let work = reductions
    reductions = []
    workers.forEach(work.count) { index, _ in work[index]() }
  }
}
