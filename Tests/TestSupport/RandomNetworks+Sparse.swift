import Networks
import Tensors

extension RandomNetworks {
  /// Three dense layers, three outputs; the one in the middle is large and nearly all zeros, with rows and columns that have
  /// none and some that have several.
  public mutating func sparse() throws -> Network {
    let (inputs, width, height, coefficients) = (3, 64, 80, 75)
    var builder = NetworkBuilder(inputShape: Shape(vector: inputs))
    var matrix = [Double](repeating: 0, count: height * width)
    for _ in 0..<coefficients { matrix[index(0...matrix.count - 1)] = weight() }
    // Three more in one row.
    for column in 0..<3 { matrix[5 * width + column] = weight() }
    var last = builder.input
    for (number, map) in [
      DenseMap(rows: width, columns: inputs, weights: weights(width * inputs)),
      DenseMap(rows: height, columns: width, weights: matrix),
      DenseMap(rows: 3, columns: height, weights: weights(3 * height)),
    ].enumerated() {
      last = try builder.linear(
        LinearLayer(map: .dense(map), bias: weights(map.rows)), of: last, shape: Shape(vector: map.rows),
        name: "fc\(number)")
      if number < 2 { last = builder.activation(.relu, of: last, name: "relu\(number)") }
    }
    return builder.network(output: last)
  }
}
