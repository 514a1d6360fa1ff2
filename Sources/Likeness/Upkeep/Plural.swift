/// A number with its noun: `1 embedding`, `2 embeddings`, `2 identities`.
func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
  "\(count) \(count == 1 ? one : many ?? one + "s")"
}
