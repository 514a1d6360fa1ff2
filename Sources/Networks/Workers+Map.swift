extension Workers {
  /// The results of `transform` for each element, in the elements' order.
  public func map<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ transform: @Sendable (Element) -> Result
  ) -> [Result] {
    [Result](unsafeUninitializedCapacity: elements.count) { results, count in
      forEach(elements.count) { index, _ in
        results.initializeElement(at: index, to: transform(elements[index]))
      }
      count = elements.count
    }
  }
}
