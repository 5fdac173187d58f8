import Bounds
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
    /// The margins of the classes at the image, then their upper bounds over the ball.
    let clean, ibp, crownIBP, crown: [Double]

    enum CodingKeys: String, CodingKey {
      case net, epsilon, index, label, classes, clean, ibp, crown
      case crownIBP = "crown-ibp"
    }

    /// What the other tool says for one of our methods; nil where it was not asked.
    func upperBounds(by method: BoundMethod) -> [Double]? {
      switch method {
      case .ibp: ibp
      case .crownIBP: crownIBP
      case .crown: crown
      }
    }
  }

  /// A question of which the largest margin over all classes and inputs is known to `tolerance`.
  struct Question: Hashable {
    let net: String
    let epsilon: Double
    let index: Int
  }

  let rows: [Row]
  let networks: [String: Network]
  let images: LabelledImages
  /// The worst-case margins of a solver, right to 10⁻⁴.
  let exact: [Question: Double]

  /// All of it, read once.
  static let shared = Result { try ReferenceBounds() }

  private init() throws {
    struct File: Decodable { let rows: [Row] }
    rows = try JSONDecoder().decode(File.self, from: Data(contentsOf: SharedData.url("reference/bounds.json"))).rows
    var networks: [String: Network] = [:]
    for name in Set(rows.map(\.net)) {
      networks[name] = try ONNXModel(contentsOf: SharedData.url("reference/nets/\(name)").path).network
    }
    self.networks = networks
    images = try MNIST.load(directory: SharedData.url("mnist"), split: .test)
    var exact: [Question: Double] = [:]
    for line in try String(contentsOf: SharedData.url("reference/exact.csv"), encoding: .utf8).split(separator: "\n") {
      let cells = line.split(separator: ",")
      guard cells.count > 4, let epsilon = Double(cells[1]), let index = Int(cells[2]), let margin = Double(cells[4])
      else { continue }
      exact[Question(net: String(cells[0]), epsilon: epsilon, index: index)] = margin
    }
    self.exact = exact
  }

  /// The network of a row, and the ball around its image.
  func problem(_ row: Row) throws -> (network: Network, region: Region) {
    let network = try #require(networks[row.net])
    let region = try Region(
      ballAround: images.image(row.index), radius: row.epsilon, validRange: images.validRange)
    return (network, region)
  }
}
