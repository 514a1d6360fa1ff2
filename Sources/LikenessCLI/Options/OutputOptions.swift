import ArgumentParser

/// Options that every command shares.
struct OutputOptions: ParsableArguments {
  @Flag(name: .long, help: "Print one JSON document on stdout and nothing else there.")
  var json = false
}
