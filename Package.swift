// swift-tools-version:6.1
import PackageDescription

// The rooms and the one direction in which they depend:
//   CKernels <- HNSW <- Likeness            a store with search: needs only SQLite
//   Files                                   files that are there wholly or not at all, for whoever writes some
//   Files <- VectorFiles <- Likeness        reading and writing files of vectors
//   Digests                                 SHA-256 as it is written here, and what model cards list by it
//   CNetworks, Files <- Networks            layers and training of networks: needs only BLAS, and digests of its files
//   Images, Networks <- Framing             how a network of framing and pictures meet, for the two below
//   Framing, HNSW <- LikenessTraining       decoding and training: no gallery in sight, hard negatives by its index
//   Framing, Likeness <- LikenessEmbedders
//   everything <- LikenessCLI
// Debian's headers and libraries are where the compiler looks; Homebrew's are not, and pkg-config knows where they are.
#if os(Linux)
  let (jpeg, png): (String?, String?) = (nil, nil)
#else
  let (jpeg, png): (String?, String?) = ("libturbojpeg", "libpng")
#endif

let package = Package(
  name: "likeness",
  platforms: [.macOS(.v15), .iOS(.v18)],
  products: [
    .library(name: "Likeness", targets: ["Likeness"]),
    .library(name: "VectorFiles", targets: ["VectorFiles"]),
    .library(name: "LikenessEmbedders", targets: ["LikenessEmbedders"]),
    .library(name: "LikenessTraining", targets: ["LikenessTraining"]),
    .executable(name: "likeness", targets: ["LikenessCLI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    // The store and its index.
    .target(name: "CKernels"),
    .target(name: "Locks"),
    .target(name: "HNSW", dependencies: ["CKernels", "Locks"]),
    .target(name: "Files", dependencies: ["Locks"]),
    .target(name: "Digests", dependencies: [.product(name: "Crypto", package: "swift-crypto")]),
    .target(name: "VectorFiles", dependencies: ["Files"]),
    .target(name: "CDatabaseConfiguration", linkerSettings: [.linkedLibrary("sqlite3")]),
    .target(
      name: "GallerySchema", path: "schema", exclude: ["README.md"],
      resources: [
        .embedInCode("v1_gallery.sql"), .embedInCode("v2_upkeep.sql"), .embedInCode("v3_sources.sql"),
        .embedInCode("v4_changes.sql"),
      ]),
    .target(
      name: "Likeness",
      dependencies: [
        "CKernels", "HNSW", "GallerySchema", "Digests", "Files", "Locks", "VectorFiles", "CDatabaseConfiguration",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    // Pictures in, vectors out, and the way to learn it.
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: jpeg,
      providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(name: "CPNG", pkgConfig: png, providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "Images", dependencies: ["CTurboJPEG", "CPNG", "Files"]),
    .target(
      name: "CNetworks",
      linkerSettings: [.linkedFramework("Accelerate", .when(platforms: [.macOS, .iOS]))]),
    .target(
      name: "Networks",
      dependencies: [
        "CNetworks", "Digests", "Files",
        .target(name: "COpenBLAS", condition: .when(platforms: [.linux])),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .target(name: "Framing", dependencies: ["Images", "Networks"]),
    .target(
      name: "CLapack",
      cSettings: [.define("ACCELERATE_NEW_LAPACK", .when(platforms: [.macOS, .iOS]))],
      linkerSettings: [
        .linkedLibrary("openblas", .when(platforms: [.linux])),
        .linkedFramework("Accelerate", .when(platforms: [.macOS, .iOS])),
      ]),
    .target(
      name: "LikenessTraining",
      dependencies: [
        "Digests", "Files", "Framing", "Networks", "Images", "CLapack", "HNSW",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      path: "Sources/Training"),
    .target(
      name: "LikenessEmbedders",
      dependencies: ["Files", "Framing", "Likeness", "Networks", "Images"],
      path: "Sources/Embedders"),

    // The command.
    .executableTarget(
      name: "LikenessCLI",
      dependencies: [
        "Digests", "Files", "HNSW", "Likeness", "LikenessEmbedders", "LikenessTraining", "Networks", "VectorFiles",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    // One folder of tests per room, and what they share.
    .target(name: "Seeded", path: "Tests/Seeded"),
    .testTarget(name: "ImagesTests", dependencies: ["Seeded", "Images", "CTurboJPEG"]),
    .testTarget(
      name: "TrainingTests", dependencies: ["Seeded", "LikenessTraining", "Networks", "Images"],
      resources: [.copy("Fixtures")]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks", "CNetworks"], resources: [.copy("Fixtures")]),
    .testTarget(name: "VectorFilesTests", dependencies: ["Seeded", "VectorFiles"]),
    .testTarget(name: "HNSWTests", dependencies: ["Seeded", "HNSW", "CKernels"]),
    .testTarget(
      name: "LikenessTests",
      dependencies: [
        "CDatabaseConfiguration", "Files", "HNSW", "Likeness", "Locks", "Seeded", "VectorFiles",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
      ],
      resources: [.copy("Fixtures")]),
    .target(name: "FaultyDisk", path: "Tests/FaultyDisk", linkerSettings: [.linkedLibrary("sqlite3")]),
    .executableTarget(
      name: "CrashLaboratory",
      dependencies: [
        "Seeded", "Likeness", "GallerySchema", "FaultyDisk", .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/CrashLaboratory"),
    .testTarget(name: "CrashLaboratoryTests", dependencies: ["CrashLaboratory"]),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Images", "Networks", "VectorFiles", "HNSW", "Likeness", "LikenessEmbedders",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/FuzzTargets", exclude: ["Corpora", "make_seeds.py"]),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"]),
    .testTarget(
      name: "EmbeddersTests",
      dependencies: ["Likeness", "LikenessEmbedders", "LikenessTraining", "Networks", "Images"], exclude: ["Fixtures"]),
    .testTarget(name: "LikenessCLITests", dependencies: ["Seeded", "LikenessCLI", "VectorFiles"]),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzers, a package of their own, build the readers with their own flags; nobody else sees the product.
if Context.environment["LIKENESS_FUZZ"] != nil {
  package.products.append(.library(name: "FuzzTargets", targets: ["FuzzTargets"]))
}
