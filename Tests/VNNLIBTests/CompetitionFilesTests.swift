import Foundation
import Networks
import TestSupport
import Testing
import VNNLIB

/// The properties of past verification competitions.
@Suite("Competition files", .serialized, .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct CompetitionFilesTests {
  /// Every property file.
  private func files() throws -> [URL] {
    let folder = try SharedData.url("vnncomp")
    let walk = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    let urls = (walk?.allObjects ?? []).compactMap { $0 as? URL }
    return urls.filter { $0.path.hasSuffix(".vnnlib") || $0.path.hasSuffix(".vnnlib.gz") }
      .sorted { $0.path < $1.path }
  }

  @Test func `every file is read, quickly, and reads back from its own text`() throws {
    let files = try files()
    #expect(files.count > 500)
    var slowest = (time: Duration.zero, name: "")
    var total = Duration.zero
    for file in files {
      var result: Property?
      let time = try ContinuousClock().measure { result = try VNNLIBFile.read(file.path) }
      total += time
      if time > slowest.time { slowest = (time, file.lastPathComponent) }
      let property = try #require(result)
      #expect(property.caseCount > 0)
      #expect(property.emptyCases.isEmpty, "\(file.path)")
      if property.caseCount < 50, property.inputCount < 1000 {
        #expect(try VNNLIBFile.property(text: property.vnnlibText, name: file.path) == property)
      }
    }
    #expect(slowest.time < .seconds(2), "\(slowest.name) took \(slowest.time)")
    #expect(total < .seconds(60))
  }

  @Test(arguments: [
    ("acasxu/vnnlib/prop_6.vnnlib.gz", 5, 5, [4, 4]),
    ("acasxu/vnnlib/prop_7.vnnlib.gz", 5, 5, [2]),
    ("acasxu/vnnlib/prop_1.vnnlib.gz", 5, 5, [1]),
    ("mnist_fc/vnnlib/prop_3_0.03.vnnlib.gz", 784, 10, [9]),
    ("cifar10_resnet/vnnlib/resnet2b/prop_43_eps_0.008.vnnlib.gz", 3072, 10, [9]),
    ("marabou_cifar10/vnnlib/networkcifar10_small_index1442_eps0.012_target4_orig3.vnnlib.gz", 3072, 10, [1]),
    ("test/vnnlib/test_small.vnnlib", 1, 1, [1]),
  ])
  func `counts are those of the file`(name: String, inputs: Int, outputs: Int, groups: [Int]) throws {
    let property = try VNNLIBFile.read(SharedData.url("vnncomp/\(name)").path)
    #expect(property.inputCount == inputs)
    #expect(property.outputCount == outputs)
    #expect(property.groups.map(\.conjunctions.count) == groups)
  }

  @Test func `two thousand input intervals are two thousand cases`() throws {
    let property = try VNNLIBFile.read(SharedData.url("vnncomp/nn4sys_lindex/vnnlib/lindex_1000.vnnlib.gz").path)
    #expect(property.inputCount == 1)
    #expect(property.caseCount == 2000)
  }
}
