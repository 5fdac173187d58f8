/// In what two studies of the same question differ: after a run was killed, on another machine, by another version.
///
/// Times are not compared.
public struct StudyDifference: Hashable, Sendable {
  /// One column in which samples differ.
  public struct Column: Hashable, Sendable {
    /// A column of `sample`, or a method.
    public var name: String
    /// How many samples differ.
    public var samples: Int
    /// The first of them.
    public var first: Int
    /// By how much at most; infinite where one side has no number, nil where the column is none of numbers.
    public var largest: Double?
  }

  /// In what the questions differ.
  public var identity: [StudyIdentity.Difference]
  /// How many samples both have, and which ones only one has.
  public var common: Int
  public var onlyFirst, onlySecond: [Int]
  /// Samples whose brackets exclude each other: of the same question, one of the studies is wrong.
  public var contradictions: [Int]
  /// The columns that differ.
  public var columns: [Column]

  /// Whether there is no difference at all.
  public var isEmpty: Bool {
    identity.isEmpty && onlyFirst.isEmpty && onlySecond.isEmpty && contradictions.isEmpty && columns.isEmpty
  }

  /// Compares two studies.
  ///
  /// - Parameters:
  ///   - tolerance: by how much numbers may differ and still count as the same.
  public init(
    _ first: (identity: StudyIdentity, records: [SampleRecord]),
    _ second: (identity: StudyIdentity, records: [SampleRecord]), tolerance: Double = 0
  ) {
    identity = first.identity.differences(from: second.identity)
    let others = Dictionary(second.records.map { ($0.index, $0) }, uniquingKeysWith: { $1 })
    let own = Set(first.records.map(\.index))
    onlyFirst = first.records.map(\.index).filter { others[$0] == nil }
    onlySecond = second.records.map(\.index).filter { !own.contains($0) }
    let pairs = first.records.compactMap { record in others[record.index].map { (record, $0) } }
    common = pairs.count
    contradictions = pairs.filter { $0.contradicts($1) }.map(\.0.index)

    var found: [Column] = []
    func compare(_ name: String, _ value: (SampleRecord) -> String?) {
      let differing = pairs.filter { value($0) != value($1) }
      guard let sample = differing.first?.0.index else { return }
      found.append(Column(name: name, samples: differing.count, first: sample, largest: nil))
    }
    func compare(_ name: String, number: (SampleRecord) -> Double?) {
      let distances = pairs.map { (index: $0.index, distance: Self.distance(number($0), number($1))) }
      let differing = distances.filter { $0.distance > tolerance }
      guard let sample = differing.first?.index else { return }
      let largest = differing.map(\.distance).reduce(0, max)
      found.append(Column(name: name, samples: differing.count, first: sample, largest: largest))
    }
    compare("label") { "\($0.label)" }
    compare("predicted") { $0.predicted.map { "\($0)" } }
    compare("lower", number: \.lower)
    compare("upper", number: \.upper)
    compare("class") { $0.adversarialClass.map { "\($0)" } }
    compare("status") { $0.status.rawValue }
    compare("reason", \.reason)
    compare("unstable") { $0.unstable.map { "\($0)" } }
    let methods = pairs.flatMap { Array($0.estimates.keys) + Array($1.estimates.keys) }
    for method in MethodOrder.sorted(Set(methods)) { compare(method, number: { $0.estimates[method] }) }
    columns = found
  }

  /// How far two values are apart; zero for two that are missing, not numbers, or the same infinity.
  private static func distance(_ a: Double?, _ b: Double?) -> Double {
    switch (a, b) {
    case (nil, nil): return 0
    case (nil, _), (_, nil): return .infinity
    case (let a?, let b?):
      if a == b || (a.isNaN && b.isNaN) { return 0 }
      let distance = (a - b).magnitude
      return distance.isNaN ? .infinity : distance
    }
  }
}
