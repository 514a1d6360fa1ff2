/// How a graph stays as good as it was while much of it changes: now and then it looks at what its searches do.
extension GraphWriter {
  /// Notes that nodes were added or removed. Once they are many, it is seen anew what searches find: groups that are nobody's
  /// nearest have lost those who led to them, and the levels above have others who lead down.
  func noteChanges(_ count: Int, _ codes: Codes) {
    changesSinceLook += count
    if changesSinceLook >= max(graph.count.load(ordering: .relaxed) / 16, 32) { look(codes) }
  }

  /// Sees where searches had better begin and which nodes they do not find, mends what is wrong, and sees how hard they have to
  /// look.
  func look(_ codes: Codes) {
    changesSinceLook = 0
    measureStarts(codes)
    mend(liveSlots, codes)
    chooseBeacons(codes)
    measureEffort()
  }
}
