/// Several networks' studies side by side: what each estimate makes of their accuracies, how far it is from the exact
/// value, and how much of that the classifier makes.
///
/// - Source: Mao et al. 2023, "Connecting Certified and Adversarial Training": figures 1, 5, 6 and 9, table 10.
public struct StudyComparison: Encodable, Hashable, Sendable {
  /// One network's study.
  public struct Member: Encodable, Hashable, Sendable {
    /// What the network is called.
    public var name: String
    /// The study's file.
    public var path: String
    /// What it is about.
    public var identity: StudyIdentity
    /// Its results for the samples that all of the studies have.
    public var records: [SampleRecord]
    /// The errors.
    public var summary: StudySummary
    /// The accuracies.
    public var accuracies: AccuracyEstimates
    /// How much looser one bound is than another that shares its extractor, for each pair that the study has.
    public var differences: [BoundDifference]

    private enum CodingKeys: CodingKey { case name, path, identity, summary, accuracies, differences }
  }

  /// The studies in the order given.
  public var members: [Member]
  /// How many samples some of the studies have, but not all; they are left out.
  public var leftOut: Int

  /// Compares studies.
  ///
  /// - Parameter studies: for each its file, what it is about, and its samples.
  /// - Throws: ``StoreError/otherQuestion(path:_:)`` for one that is about other data than the first, and
  ///   ``StoreError/nothingInCommon(_:)``. Networks, radii and settings may differ.
  public init(
    _ studies: [(path: String, identity: StudyIdentity, records: [SampleRecord])]
  ) throws(StoreError) {
    var common = Set(studies.first?.records.map(\.index) ?? [])
    for study in studies.dropFirst() {
      let differences = studies[0].identity.differences(from: study.identity)
        .filter { $0.field.hasPrefix("data set") }
      guard differences.isEmpty else { throw .otherQuestion(path: study.path, differences) }
      common.formIntersection(study.records.map(\.index))
    }
    guard !common.isEmpty || studies.isEmpty else {
      throw .nothingInCommon(studies.map { "\($0.path) has \(Self.extent($0.records))" })
    }
    leftOut = Set(studies.flatMap { $0.records.map(\.index) }).count - common.count
    let names = Self.names(studies.map { $0.identity.modelName }, epsilons: studies.map { $0.identity.epsilon })
    members = zip(studies, names).map { study, name in
      let records = study.records.filter { common.contains($0.index) }
      return Member(
        name: name, path: study.path, identity: study.identity, records: records, summary: StudySummary(records),
        accuracies: AccuracyEstimates(records), differences: BoundDifference.all(in: records))
    }
  }

  /// Compares the studies of some stores, without their witnesses.
  ///
  /// - Throws: as ``init(_:)``, or if a store cannot be read.
  public init(stores: [StudyStore]) throws(StoreError) {
    var studies: [(path: String, identity: StudyIdentity, records: [SampleRecord])] = []
    for store in stores {
      studies.append((path: store.path, identity: store.identity, records: try store.records(witnesses: false)))
    }
    try self.init(studies)
  }

  /// By how much a method's mean absolute error is below that of interval propagation, as a ratio of their middles; nil
  /// without either, where one of them has none, and where they are over different samples.
  public static func timesTighter(_ method: MethodSummary, in summary: StudySummary) -> Double? {
    guard method.name != "IBP", let loose = summary.methods.first(where: { $0.name == "IBP" }),
      loose.samples == method.samples, loose.samples > 0
    else { return nil }
    let errors = [loose, method].map { $0.meanAbsoluteError.lowerBound / 2 + $0.meanAbsoluteError.upperBound / 2 }
    let ratio = errors[0] / errors[1]
    return ratio.isFinite && ratio > 0 ? ratio : nil
  }

  /// The methods of any of the studies.
  public var methods: [String] { MethodOrder.sorted(Set(members.flatMap { $0.summary.methods.map(\.name) })) }

  private static func extent(_ records: [SampleRecord]) -> String {
    guard let first = records.first, let last = records.last else { return "no samples yet" }
    return "\(records.count) samples from \(first.index) to \(last.index)"
  }

  /// Names that tell the networks apart: the same network at several radii is named with them.
  private static func names(_ names: [String], epsilons: [Double]) -> [String] {
    var seen: [String: Int] = [:]
    return zip(names, epsilons).map { name, epsilon in
      let radii = Set(zip(names, epsilons).filter { $0.0 == name }.map(\.1))
      let full = radii.count > 1 ? "\(name) at \(NumberText.short(epsilon, digits: 6))" : name
      seen[full, default: 0] += 1
      return seen[full] == 1 ? full : "\(full) (\(seen[full] ?? 0))"
    }
  }
}

/// A network's accuracies as exact values and estimates see them: the shares of samples that keep their label.
///
/// A sample counts for a method if it is classified as its label and the method's worst-case margin is below zero. The
/// accuracies of sound methods bound the exact one from below, those of attacks from above, where no estimate is missing; TAPS's is neither, and serves
/// as a guess of it (Mao et al. 2023, table 10).
public struct AccuracyEstimates: Encodable, Hashable, Sendable {
  /// How many samples.
  public var samples: Int
  /// The share that is classified as labelled.
  public var natural: Double
  /// The share that keeps its label on the whole region; an interval where brackets are open about zero.
  public var robust: ClosedRange<Double>
  /// By method, the share that it takes to keep its label; samples without an estimate count as lost.
  public var byMethod: [String: Double]

  /// Counts samples; without any, all shares are zero.
  public init(_ records: [SampleRecord]) {
    samples = records.count
    let total = Double(max(1, records.count))
    let correct = records.filter { $0.predicted == $0.label }
    natural = Double(correct.count) / total
    // A margin of zero is no win: two classes share the largest output.
    let least = correct.count { $0.upper < 0 }
    let most = correct.count { !($0.lower >= 0) }
    robust = Double(min(least, most)) / total...Double(most) / total
    byMethod = [:]
    for method in Set(records.flatMap(\.estimates.keys)) {
      byMethod[method] = Double(correct.count { ($0.estimates[method] ?? .infinity) < 0 }) / total
    }
  }
}

/// How much looser one bound is than another that is the same up to the classifier: the loose one goes on with
/// intervals, the tight one attacks what they leave.
///
/// The smaller it is for a network, the more its late layers were regularised.
///
/// - Source: Mao et al. 2023, figure 6.
public struct BoundDifference: Encodable, Hashable, Sendable {
  /// The methods, the loose one first.
  public var loose, tight: String
  /// Loose minus tight worst-case margin of each sample that has both.
  public var values: [Double]
  /// Their mean, and population variance.
  public var mean, variance: Double

  private enum CodingKeys: CodingKey { case loose, tight, mean, variance }

  /// The pairs that share their extractor.
  public static let pairs: [(loose: String, tight: String)] = [("IBP", "TAPS"), ("SABR", "STAPS")]

  /// The differences of all pairs of which samples have both.
  public static func all(in records: [SampleRecord]) -> [BoundDifference] {
    pairs.compactMap { pair in
      let values = records.compactMap { record -> Double? in
        guard let loose = record.estimates[pair.loose], let tight = record.estimates[pair.tight] else { return nil }
        let difference = loose - tight
        return difference.isFinite ? difference : nil
      }
      return values.isEmpty ? nil : BoundDifference(loose: pair.loose, tight: pair.tight, values: values)
    }
  }

  /// The differences of one pair; `values` is not empty.
  init(loose: String, tight: String, values: [Double]) {
    self.loose = loose
    self.tight = tight
    self.values = values
    mean = Statistics.mean(values)
    variance = Statistics.variance(values)
  }
}
