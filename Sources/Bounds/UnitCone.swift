import Networks
import Tensors

/// The part of a network that one unit of a convolution depends on: a small network of its own, over windows of the
/// images on the way.
///
/// Behind a chain of convolutions and element-wise layers a unit sees a window of each image, cut off at its edges. What
/// takes many passes for a few units, such as optimising slopes, takes a fraction of the work there.
///
/// - Soundness: the small network computes the unit exactly as the whole one does, with the same coefficients and
///   errors of coefficients; padding that lies in a window stays padding.
struct UnitCone {
  /// The small network; its output is the unit.
  let network: Network
  /// For each node of the small network, the whole network's node, and the elements of it that are here.
  private let places: [(node: NodeID, elements: [Int])]

  /// The cone of a unit; nil unless only convolutions in one group, element-wise layers and activations lie between it
  /// and the input, and the cone has less than half of their elements.
  init?(of unit: Int, at node: NodeID, in network: Network) {
    guard case .linear(let layer, _) = network[node].operation, case .convolution(let map) = layer.map else {
      return nil
    }
    let places = [(node: node, window: Window(of: unit, in: map.geometry))]
    guard let chain = Self.chain(from: places[0], in: network) else { return nil }
    let elements = chain.reduce(0) { $0 + $1.window.count }
    guard elements * 2 < chain.reduce(0, { $0 + network[$1.node].shape.count }),
      let cone = try? Self.network(over: chain, of: network)
    else { return nil }
    self.network = cone
    self.places = chain.map { ($0.node, $0.window.elements) }
  }

  /// The bounds of a region, on the cone alone.
  ///
  /// - Parameter whole: bounds of the whole network.
  func bounds(in whole: RegionBounds) -> RegionBounds {
    func part(_ place: (node: NodeID, elements: [Int])) -> Box {
      let box = whole.boxes[place.node.index]
      return Box(lower: place.elements.map { box.lower[$0] }, upper: place.elements.map { box.upper[$0] })
    }
    var bounds = RegionBounds(of: network, over: part(places[0]), precision: whole.precision)
    for (node, place) in zip(network.nodes, places).dropFirst() { bounds.tightenAlone(node.id, with: part(place)) }
    return bounds
  }

  private typealias Place = (node: NodeID, window: Window)

  /// The windows on the way back to the input, input first; nil where something else than a chain comes.
  private static func chain(from start: Place, in network: Network) -> [Place]? {
    var chain = [start]
    while let place = chain.last {
      switch network[place.node].operation {
      case .input:
        return chain.reversed()
      case .activation(_, let source):
        chain.append((source, place.window))
      case .linear(let layer, let source):
        switch layer.map {
        case .diagonal:
          chain.append((source, place.window))
        case .convolution(let map):
          // The layer after may have read the elements as an image of another height and width.
          guard map.geometry.groups == 1, place.window.isPart(ofOutputOf: map.geometry),
            let window = place.window.pulled(through: map.geometry)?.window
          else { return nil }
          chain.append((source, window))
        case .dense, .gather:
          return nil
        }
      case .sum:
        return nil
      }
    }
    return nil
  }

  private static func network(over chain: [Place], of network: Network) throws -> Network {
    var builder = NetworkBuilder(inputShape: try chain[0].window.shape)
    var last = builder.input
    for place in chain.dropFirst() {
      let node = network[place.node]
      switch node.operation {
      case .activation(let activation, _):
        last = builder.activation(activation, of: last, name: node.name)
      case .linear(let layer, _):
        let elements = place.window.elements
        let part = LinearLayer(
          map: try place.window.map(of: layer.map, elements: elements), bias: elements.map { layer.bias[$0] },
          coefficientError: layer.coefficientError,
          biasError: layer.biasError.isEmpty ? [] : elements.map { layer.biasError[$0] })
        last = try builder.linear(part, of: last, shape: place.window.shape, name: node.name)
      case .input, .sum:
        preconditionFailure("Node \(node.id.index) (\(node.name)) in a chain of layers")
      }
    }
    return builder.network(output: last)
  }
}

/// Some channels and a rectangle of an image `[channels, height, width]`.
private struct Window {
  let imageHeight, imageWidth: Int
  let channels, rows, columns: Range<Int>

  init(imageHeight: Int, imageWidth: Int, channels: Range<Int>, rows: Range<Int>, columns: Range<Int>) {
    (self.imageHeight, self.imageWidth) = (imageHeight, imageWidth)
    (self.channels, self.rows, self.columns) = (channels, rows, columns)
  }

  /// One unit of a convolution's output.
  init(of unit: Int, in geometry: ConvolutionGeometry) {
    let position = unit % geometry.positions
    let (channel, row) = (unit / geometry.positions, position / geometry.outputWidth)
    let column = position % geometry.outputWidth
    self.init(
      imageHeight: geometry.outputHeight, imageWidth: geometry.outputWidth, channels: channel..<channel + 1,
      rows: row..<row + 1, columns: column..<column + 1)
  }

  /// Whether the window lies in the image that a convolution writes.
  func isPart(ofOutputOf g: ConvolutionGeometry) -> Bool {
    (imageHeight, imageWidth) == (g.outputHeight, g.outputWidth) && channels.upperBound <= g.outputChannels
  }

  var count: Int { channels.count * rows.count * columns.count }

  var shape: Shape { get throws(ShapeError) { try Shape([channels.count, rows.count, columns.count]) } }

  /// The indices of the window's elements in the image.
  var elements: [Int] {
    channels.flatMap { c in rows.flatMap { y in columns.map { x in (c * imageHeight + y) * imageWidth + x } } }
  }

  /// The window of a convolution's input that this window of its output reads, and the pads that remain on its sides;
  /// nil where it reads nothing but padding.
  func pulled(through g: ConvolutionGeometry) -> (window: Window, pads: (Int, Int, Int, Int))? {
    let top = rows.lowerBound * g.strideHeight - g.padTop
    let left = columns.lowerBound * g.strideWidth - g.padLeft
    let bottom = (rows.upperBound - 1) * g.strideHeight - g.padTop + (g.kernelHeight - 1) * g.dilationHeight + 1
    let right = (columns.upperBound - 1) * g.strideWidth - g.padLeft + (g.kernelWidth - 1) * g.dilationWidth + 1
    guard max(0, top) < min(g.height, bottom), max(0, left) < min(g.width, right) else { return nil }
    let window = Window(
      imageHeight: g.height, imageWidth: g.width, channels: 0..<g.channels,
      rows: max(0, top)..<min(g.height, bottom), columns: max(0, left)..<min(g.width, right))
    return (window, (max(0, -top), max(0, -left), max(0, bottom - g.height), max(0, right - g.width)))
  }

  /// The part of a linear map that computes this window of its output from the window pulled through it.
  func map(of map: LinearMap, elements: [Int]) throws -> LinearMap {
    switch map {
    case .diagonal(let map):
      return .diagonal(DiagonalMap(factors: elements.map { map.factors[$0] }))
    case .convolution(let map):
      let g = map.geometry
      guard let (source, pads) = pulled(through: g) else { preconditionFailure("A window over padding alone") }
      let geometry = try ConvolutionGeometry(
        channels: g.channels, height: source.rows.count, width: source.columns.count, outputChannels: channels.count,
        kernel: (g.kernelHeight, g.kernelWidth), stride: (g.strideHeight, g.strideWidth),
        dilation: (g.dilationHeight, g.dilationWidth), pads: pads)
      let weights = map.weights[channels.lowerBound * g.patchCount..<channels.upperBound * g.patchCount]
      return .convolution(ConvolutionMap(geometry: geometry, weights: Array(weights)))
    case .dense, .gather:
      preconditionFailure("A \(map.kindName) map in a chain of windows")
    }
  }
}
