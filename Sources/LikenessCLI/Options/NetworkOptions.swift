import ArgumentParser

/// The size of what is trained on pictures, and how long.
struct NetworkOptions: ParsableArguments {
  @Option(help: "The embedding's dimension, a multiple of the number of networks. Default: the recipe's.")
  var dimension: Int?

  @Option(help: "How many networks are trained apart and joined into one embedding. Default: the recipe's.")
  var networks: Int?

  @Option(help: "Epochs. Default: the recipe's, from the size of the data.")
  var epochs: Int?

  @Option(help: "The highest learning rate of the one-cycle schedule. Default: the recipe's.")
  var rate: Double?

  @Option(help: "The share of identities set aside to steer by, 0 to 0.5. Default: the recipe's.")
  var validation: Double?

  @Option(help: "Threads; the result is the same for any number. Default: one a core.")
  var threads: Int?

  func validate() throws {
    if let networks, !(1...16).contains(networks) { throw ValidationError("--networks must be from 1 to 16.") }
    if let dimension, !(1...65_536).contains(dimension) {
      throw ValidationError("--dimension must be from 1 to 65536.")
    }
    if let epochs, !(1...1_000_000).contains(epochs) { throw ValidationError("--epochs must be from 1 to 1000000.") }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024.") }
  }
}
