/// What is said at the end of a run of samples that have no value.
enum OverflowRemark {
  /// How many samples are named; of more, the first.
  private static let named = 5

  /// A sentence on the samples where the network's outputs overflow; nil without any.
  ///
  /// - Parameters:
  ///   - samples: their positions in the data set.
  ///   - total: how many samples there are.
  ///   - network: which network it is about, where there are several.
  static func text(_ samples: [Int], of total: Int, network: String? = nil) -> String? {
    guard !samples.isEmpty else { return nil }
    let list = samples.prefix(named).map(String.init).joined(separator: ", ")
    let more = samples.count > named ? " and \(samples.count - named) more" : ""
    return (network.map { "\($0): " } ?? "")
      + "the network's outputs overflow on \(samples.count) of \(total) samples (\(list)\(more)), of which nothing is known"
  }
}
