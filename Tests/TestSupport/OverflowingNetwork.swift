import Networks
import Tensors

/// A network whose outputs leave double precision on some inputs, and on others not at all.
public enum OverflowingNetwork {
  /// A network of two inputs and two classes: the second class wins by one as long as the first input is at most a half;
  /// beyond, both outputs overflow.
  public static func make() throws -> Network {
    var builder = NetworkBuilder(inputShape: Shape(vector: 2))
    func layer(_ rows: Int, _ weights: [Double], _ bias: [Double]) -> LinearLayer {
      LinearLayer(map: .dense(DenseMap(rows: rows, columns: weights.count / rows, weights: weights)), bias: bias)
    }
    var last = try builder.linear(
      layer(1, [1, 0], [-0.5]), of: builder.input, shape: Shape(vector: 1), name: "threshold")
    // Ten factors that single precision can hold; a ReLU between them keeps them apart, and takes away what rounding
    // would make of zero.
    for step in 0..<10 {
      last = builder.activation(.relu, of: last, name: "relu \(step)")
      last = try builder.linear(layer(1, [1e38], [-1]), of: last, shape: Shape(vector: 1), name: "factor \(step)")
    }
    last = builder.activation(.relu, of: last, name: "last relu")
    last = try builder.linear(layer(2, [1, -1], [0, 1]), of: last, shape: Shape(vector: 2), name: "outputs")
    return builder.network(output: last)
  }

  /// Inputs of four samples with their classes: certified, beyond double precision, misclassified, certified.
  public static let samples: [(input: [Double], label: Int)] = [
    ([0, 0.5], 1), ([1, 0.5], 1), ([0.25, 0], 0), ([0.125, 1], 1),
  ]
}
