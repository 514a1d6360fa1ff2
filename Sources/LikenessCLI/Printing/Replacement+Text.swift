/// What gave way to what was enrolled, as the rest of a sentence about it.
func replacement(replaced: Int, unchanged: Int) -> String {
  (replaced == 0 ? "" : "; \(counted(replaced, "embedding")) of the same source gave way")
    + (unchanged == 0 ? "" : "; \(unchanged) \(unchanged == 1 ? "was" : "were") there already, just so")
}
