import Datasets
import Foundation
import Networks
import ONNXFormat
import TestSupport
import Testing

/// The bounds that auto_LiRPA 0.7.1 computed in float64 for three trained networks on MNIST, and exact worst cases.
struct ReferenceBounds {
  /// One network, ε and image.
  struct Row: Decodable {
    let net: String
    let epsilon: Double
    let index, label: Int
    let classes: [Int]
    /// The margins of the classes at the image, then their upper bounds over the ball; α-CROWN's after 20 iterations.
    let clean, ibp, crownIBP, crown, alphaCROWN: [Double]

    enum CodingKeys: String, CodingKey {
      case net, epsilon, index, label, classes, clean, ibp, crown
      case crownIBP = "crown-ibp"
      case alphaCROWN = "alpha-crown-20"
    }
  }

  /// What a worst case is known of.
  struct Question: Hashable {
    let net: String
    let epsilon: Double
    let index: Int
  }

  let rows: [Row]
  let networks: [String: Network]
  let images: LabelledImages
  /// The largest margin over all classes and inputs, as a solver found it, and how far from it the truth may be.
  let exact: [Question: (margin: Double, tolerance: Double)]

  /// All of it, read once.
  static let shared = Result { try ReferenceBounds() }

  /// The networks' files.
  static let nets = ["cnn3_w2_2_pgd.onnx", "cnn3_w4_8_ibp.onnx", "cnn3_w16_32_ibp.onnx"]

  private init() throws {
    struct File: Decodable { let rows: [Row] }
    rows = try JSONDecoder().decode(File.self, from: Data(contentsOf: SharedData.url("reference/bounds.json"))).rows
    var networks: [String: Network] = [:]
    for name in Self.nets {
      networks[name] = try ONNXModel(contentsOf: SharedData.url("reference/nets/\(name)").path).network
    }
    self.networks = networks
    images = try MNIST.load(directory: SharedData.url("mnist"), split: .test)
    var exact: [Question: (margin: Double, tolerance: Double)] = [:]
    for line in try String(contentsOf: SharedData.url("reference/exact.csv"), encoding: .utf8).split(
      whereSeparator: \.isNewline)
    {
      let cells = line.split(separator: ",")
      guard cells.count > 5, let epsilon = Double(cells[1]), let index = Int(cells[2]), let margin = Double(cells[4]),
        let tolerance = Double(cells[5])
      else { continue }
      exact[Question(net: String(cells[0]), epsilon: epsilon, index: index)] = (margin, tolerance)
    }
    self.exact = exact
  }

  /// A network, and the ball around an image.
  func problem(_ net: String, _ epsilon: Double, _ index: Int) throws -> (network: Network, region: Region) {
    let network = try #require(networks[net])
    let region = try Region(ballAround: images.image(index), radius: epsilon, validRange: images.validRange)
    return (network, region)
  }
}
