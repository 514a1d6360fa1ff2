// swift-tools-version:6.1
import PackageDescription

// Measurements that need the library itself. A package of its own: users of Likeness never build it.
/// What measures the index itself.
let index: [Target.Dependency] = [
  "Clocks",
  .product(name: "Likeness", package: "likeness"),
  .product(name: "VectorFiles", package: "likeness"),
  .product(name: "ArgumentParser", package: "swift-argument-parser"),
]

let package = Package(
  name: "likeness-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "likeness", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .executableTarget(
      name: "FaceSplits",
      dependencies: [
        .product(name: "LikenessTraining", package: "likeness"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "StoreSpeed",
      dependencies: [
        .product(name: "Likeness", package: "likeness"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(name: "Clocks"),
    .target(name: "CHeap"),
    .executableTarget(
      name: "Soak",
      dependencies: [
        "CHeap",
        .product(name: "Likeness", package: "likeness"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "IndexChurn", dependencies: index),
    .executableTarget(name: "IndexConcurrency", dependencies: index),
  ],
  swiftLanguageModes: [.v6]
)
