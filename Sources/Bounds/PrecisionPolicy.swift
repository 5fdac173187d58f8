import Networks

/// In which precision bounds are computed, where single precision is possible.
public enum PrecisionPolicy: String, CaseIterable, Codable, Sendable {
  /// Single precision first where products are large, and double precision as well where that certified nothing: no
  /// verdict is lost, and those that are easy to reach cost half. α-CROWN, which would optimise slopes twice,
  /// begins with double precision.
  case automatic
  /// Double precision.
  case double
  /// Single precision: bounds that hold as well, a little looser.
  case single

  /// From so many multiply-adds in one evaluation on, single precision is tried first: below, the parts of a bound that
  /// are no matrix products weigh as much.
  private static let largeProducts = 4_000_000

  /// The precision to begin with.
  public func first(for network: Network) -> Precision {
    switch self {
    case .automatic: network.multiplyAdds >= Self.largeProducts ? .single : .double
    case .double: .double
    case .single: .single
    }
  }

  /// Whether any bound may be computed in a precision.
  public func mayTake(_ precision: Precision, for network: Network) -> Bool {
    // Some methods know double precision alone.
    precision == .double || first(for: network) == precision
  }

  /// The precision to go on with where bounds have been computed and are not good enough; nil if they are final.
  public func next(after precision: Precision) -> Precision? {
    self == .automatic && precision == .single ? .double : nil
  }
}
