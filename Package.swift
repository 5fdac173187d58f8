// swift-tools-version: 6.1
import PackageDescription

// One folder, one job; a target imports only what stands above it in this list.
// The list and its rules are explained in CONTRIBUTING.md.

let package = Package(
  name: "WorstCase",
  products: [
    .executable(name: "worstcase", targets: ["worstcase"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Without traits: their order among the compiler's flags changes from one planning to the next, and each change
    // compiles the library again.
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // System libraries: module maps over pkg-config, nothing else.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CCoinOR", pkgConfig: "cbc", providers: [.apt(["coinor-libcbc-dev", "coinor-libclp-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),

    // Clp behind a C interface that keeps its work areas between solves and lets no exception out.
    .target(name: "ClpBridge", dependencies: ["CCoinOR"]),

    // Sums and convolution lowering, which the Swift compiler does not vectorise.
    .target(name: "CKernels", dependencies: ["COpenBLAS"]),

    .target(name: "Intervals", dependencies: [.product(name: "BigInt", package: "BigInt")]),
    .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS"]),
    .target(name: "Networks", dependencies: ["CKernels", "Tensors", "Intervals"]),
    .target(name: "Files"),
    .target(name: "Gzip", dependencies: ["CZlib"]),
    .target(
      name: "ONNXFormat",
      dependencies: ["Networks", "Gzip", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      exclude: ["onnx.proto"]),
    .target(name: "VNNLIB", dependencies: ["Networks", "Gzip"]),
    .target(name: "Datasets", dependencies: ["Tensors", "Gzip", "CZlib", "CCrypto", "CPNG"]),
    .target(name: "Downloads", dependencies: ["Datasets", "Gzip"]),
    .target(name: "Bounds", dependencies: ["Networks", "CKernels"]),
    .target(name: "Attacks", dependencies: ["Networks"]),
    .target(name: "RegionNetworks", dependencies: ["Bounds"]),
    .target(name: "MathematicalPrograms", dependencies: ["RegionNetworks", "ClpBridge", "CCoinOR"]),
    .target(name: "BranchAndBound", dependencies: ["MathematicalPrograms", "Attacks"]),
    .target(name: "Verification", dependencies: ["BranchAndBound"]),
    .target(
      name: "Training",
      dependencies: [
        "CKernels", "Tensors", "Networks", "Files", .product(name: "Yams", package: "Yams"),
      ]),
    .target(
      name: "Studies",
      dependencies: ["Verification", "Datasets", "Files", .product(name: "GRDB", package: "GRDB.swift")]),
    .target(
      name: "Reports",
      dependencies: ["Studies", .product(name: "Mustache", package: "swift-mustache")]),
    .executableTarget(
      name: "worstcase",
      dependencies: [
        "Training", "ONNXFormat", "VNNLIB", "Reports", "Downloads",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      // The built-in study's network, a link to the one in models/.
      resources: [.embedInCode("Resources/digits-cnn3-ibp.onnx")]),

    // What several test targets share; then one test target for each target above.
    .target(
      name: "TestSupport", dependencies: ["Networks", "Bounds", .product(name: "BigInt", package: "BigInt")],
      path: "Tests/TestSupport"),
  ] + tests() + fuzzers() + benchmarks(),
  swiftLanguageModes: [.v6]
)

/// One test target for each target that has tests, with the helpers that all of them share.
func tests() -> [Target] {
  let tested: [(String, [Target.Dependency])] = [
    ("Tensors", []),
    ("Intervals", []),
    ("Networks", []),
    ("Files", []),
    ("ONNXFormat", [.product(name: "SwiftProtobuf", package: "swift-protobuf")]),
    ("VNNLIB", ["Networks", "CZlib"]),
    ("Datasets", ["Tensors", "CZlib", "CPNG"]),
    ("Downloads", ["Datasets", "CZlib"]),
    ("Bounds", ["ONNXFormat", "Datasets", "Attacks"]),
    ("Attacks", []),
    ("RegionNetworks", []),
    ("MathematicalPrograms", []),
    ("BranchAndBound", []),
    ("Verification", ["ONNXFormat", "VNNLIB"]),
    ("Training", ["Tensors", "Networks"]),
    ("Studies", ["Tensors", .product(name: "GRDB", package: "GRDB.swift")]),
    ("Reports", ["Tensors"]),
  ]
  let libraries: [Target] = tested.map { name, dependencies in
    .testTarget(name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + dependencies)
  }
  // The command line is tested from outside: its tests start the built tool.
  return libraries + [
    .testTarget(
      name: "WorstCaseTests",
      dependencies: [
        "worstcase", "TestSupport", "Files", "Networks", "ONNXFormat", "RegionNetworks", "MathematicalPrograms",
        "Studies",
      ])
  ]
}

/// The fuzzer of all readers of files, for `Tests/Fuzz/run` alone: it needs everything compiled for libFuzzer.
func fuzzers() -> [Target] {
  guard Context.environment["WORSTCASE_FUZZ"] != nil else { return [] }
  return [
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "ONNXFormat", "VNNLIB", "Datasets", "TestSupport", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      path: "Tests/Fuzz", exclude: ["README.md", "run"])
  ]
}

/// What measures and judges, for the folders in `benchmarks` alone.
func benchmarks() -> [Target] {
  guard Context.environment["WORSTCASE_BENCHMARKS"] != nil else { return [] }
  let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
  return [
    .executableTarget(
      name: "BoundsBenchmark",
      dependencies: ["Bounds", "Attacks", "ONNXFormat", "Datasets", "TestSupport", arguments],
      path: "benchmarks/bounds", exclude: ["order", "reference", "run"]),
    .executableTarget(
      name: "ConvolutionBenchmark", dependencies: ["Tensors", arguments], path: "benchmarks/convolution",
      exclude: ["run"]),
    .executableTarget(
      name: "ExactBenchmark", dependencies: ["Verification", "ONNXFormat", "Datasets", arguments],
      path: "benchmarks/exact", exclude: ["run"]),
    .executableTarget(
      name: "TrainingBenchmark", dependencies: ["Training", "Tensors", arguments], path: "benchmarks/training",
      exclude: ["run"]),
    .executableTarget(
      name: "Soundness", dependencies: ["TestSupport", arguments], path: "benchmarks/soundness", exclude: ["run"]),
  ]
}
