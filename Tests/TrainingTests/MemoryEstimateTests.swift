import Tensors
import Testing

@testable import Training

@Suite struct MemoryEstimateTests {
  /// The numbers in all buffers that a value leads to, each buffer once.
  private func count(_ value: Any, _ seen: inout Set<ObjectIdentifier>) -> Int {
    if type(of: value) is AnyClass, !seen.insert(ObjectIdentifier(value as AnyObject)).inserted { return 0 }
    if let buffer = value as? FloatBuffer { return buffer.count }
    if value is LayerStack || value is [Int] || value is [Double] { return 0 }
    return Mirror(reflecting: value).children.reduce(0) { $0 + count($1.value, &seen) }
  }

  private func trainer(_ configuration: TrainingConfiguration, memoryLimit: Double? = nil) throws -> Trainer {
    try Trainer(
      configuration: configuration, training: bars(count: 100, stream: "training"), memoryLimit: memoryLimit)
  }

  @Test("what a chunk allocates is counted, for every method", arguments: TrainingConfiguration.Method.allCases)
  func chunks(_ method: TrainingConfiguration.Method) throws {
    for (architecture, widths) in [(Architecture.cnn3, [3, 40]), (.cnn4, [3, 4, 300]), (.fullyConnected, [500, 20])] {
      for fusion in [true, false] {
        var configuration = barsConfiguration()
        configuration.method = method
        configuration.architecture = architecture
        configuration.widths = widths
        configuration.crownFusion = fusion
        configuration.epochs = 12
        configuration.selection = .last
        let trainer = try trainer(configuration)
        let loss = trainer.finalLoss ?? .box
        for capacity in [1, 7, 32] {
          var seen: Set<ObjectIdentifier> = []
          let actual = Double(count(Chunk(stack: trainer.stack, capacity: capacity, loss: loss), &seen))
          let estimate = MemoryEstimate.chunk(trainer.stack, capacity: capacity, loss: loss)
          let what = Comment(rawValue: "\(method) \(architecture) \(fusion) \(capacity): \(actual), \(estimate)")
          #expect(estimate >= actual, what)
          // Beyond, by what the folded classifier might come to need.
          #expect(estimate <= (loss.latent == nil ? 1.2 : 3) * actual, what)
        }
      }
    }
  }

  @Test("a run beyond the limit is refused before anything is allocated, and says what takes how much")
  func refusal() throws {
    var configuration = barsConfiguration()
    let estimate = try trainer(configuration).memory
    #expect(throws: TrainingError.tooLarge(estimate, limit: estimate.total - 1)) {
      try trainer(configuration, memoryLimit: estimate.total - 1)
    }
    _ = try trainer(configuration, memoryLimit: estimate.total)

    // 4096 rows of half a million weights, twice for each 32 images of a batch.
    configuration.architecture = .fullyConnected
    configuration.widths = [1_000_000]
    configuration.batchSize = 65_536
    let pixels = [UInt8](repeating: 0, count: 64 * 65_536)
    let labels = (0..<65_536).map { UInt8($0 % 4) }
    let many = try TrainingSet(name: "many", shape: Shape([1, 8, 8]), classCount: 4, pixels: pixels, labels: labels)
    let error = #expect(throws: TrainingError.self) {
      try Trainer(configuration: configuration, training: many, memoryLimit: 16e9)
    }
    guard case .tooLarge(let found, limit: 16e9) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found.images == 65_536 && found.parameters == 69_000_004 && found.step > 2e12)
    let words = try #require(error).description
    for part in ["a step's 65536 images", "69000004 weights", "there are 16.0 GB", "set micro-batch"] {
      #expect(words.contains(part), "\(words)")
    }
    // Parts of a batch take no more than they hold; a network that is too wide takes what it takes.
    configuration.microBatch = 32
    let parts = try Trainer(configuration: configuration, training: many, memoryLimit: 100e9).memory
    #expect(parts.images == 32 && parts.step < found.step / 2000)
    #expect(TrainingError.tooLarge(parts, limit: 1e9).description.hasSuffix("make the layers narrower"))
  }

  @Test("every preset fits into the memory of a laptop", arguments: TrainingConfiguration.presetNames)
  func presets(_ name: String) throws {
    let configuration = try TrainingConfiguration.preset(name)
    let shape = try Shape(configuration.dataset == "cifar10" ? [3, 32, 32] : [1, 28, 28])
    let count = 2 * configuration.batchSize
    let set = try TrainingSet(
      name: configuration.dataset, shape: shape, classCount: 10,
      pixels: [UInt8](repeating: 0, count: count * shape.count), labels: (0..<count).map { UInt8($0 % 10) })
    let trainer = try Trainer(configuration: configuration, training: set, memoryLimit: .infinity)
    // As many images as the largest of the sets has.
    let latent = try? configuration.latentAttack(in: trainer.stack)
    let estimate = MemoryEstimate(
      configuration, stack: trainer.stack, loss: trainer.finalLoss ?? .box,
      judging: RobustLoss(attack: configuration.judgingAttack, latent: latent),
      imageCounts: (60_000, 0))
    #expect(estimate.total < 8e9, "\(estimate)")
  }

  @Test("control groups are found from a process's own up to the root")
  func groups() {
    #expect(
      MachineMemory.allowanceFiles("1:cpu:/x\n0::/a/b\n")
        == ["/sys/fs/cgroup/a/b/memory.max", "/sys/fs/cgroup/a/memory.max", "/sys/fs/cgroup/memory.max"])
    let old = ["/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
    #expect(MachineMemory.allowanceFiles("4:hugetlb,memory:/../a") == old)
    #expect(MachineMemory.allowanceFiles("nonsense\n\n").isEmpty)
    #expect(MachineMemory.limit > 1e8)
  }
}
