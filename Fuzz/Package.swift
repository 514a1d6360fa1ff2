// swift-tools-version:6.1
import PackageDescription

// libFuzzer around the readers of Tests/FuzzTargets. A package of its own: only this one is built with a fuzzer.
// Scripts/fuzz.sh gives the flags, and sets LIKENESS_FUZZ, without which the package above has no such product.
let package = Package(
  name: "likeness-fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "likeness", path: "..")],
  targets: [.executableTarget(name: "Fuzz", dependencies: [.product(name: "FuzzTargets", package: "likeness")])]
)
