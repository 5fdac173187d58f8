import Verification

/// What a study knows of one sample: the bracket of its worst-case margin, and what each estimate said.
///
/// The margin of class i is o_i − o_y for the label y; the worst-case margin is the largest over i ≠ y and over
/// the region. Below zero, every input of the region is classified as the label.
public struct SampleRecord: Codable, Hashable, Sendable {
  /// How the bracket ended.
  public enum Status: String, Codable, Sendable, CaseIterable {
    /// The ends agree to within the study's tolerance.
    case exact
    /// They do not; `reason` says why.
    case bracket
  }

  /// The sample's position in its data set, and its label there.
  public var index, label: Int
  /// The class with the largest output at the centre of the region; nil where the outputs there overflow.
  public var predicted: Int?
  /// A margin that a concrete input attains, in real arithmetic; −∞ where no input that was tried has outputs that double
  /// precision can hold.
  public var lower: Double
  /// A margin that no input of the region exceeds.
  public var upper: Double
  /// The class whose margin attains `lower`, if there is one.
  public var adversarialClass: Int?
  /// How the bracket ended, and if it stayed open, why.
  public var status: Status
  public var reason: String?
  /// For each method, by name, its estimate of the worst-case margin.
  public var estimates: [String: Double]
  /// For each method, by name, the seconds it took.
  public var estimateSeconds: [String: Double]
  /// How many ReLUs have no fixed sign on the region; nil for a sample without a value.
  public var unstable: Int?
  /// Seconds that the bracket took, estimates excluded.
  public var seconds: Double
  /// Seconds that it might have taken.
  public var timeout: Double
  /// The input that attains `lower`; empty without one.
  public var witness: [Double]
  /// The sample, to be looked at; nil where it is no image, or was stored before images were.
  public var image: StoredImage?

  /// Whether some input attains a margin: where none does, nothing is known of the sample.
  public var hasValue: Bool { lower > -.infinity }

  /// The same without what is to be looked at.
  public var withoutWitness: SampleRecord {
    var record = self
    (record.witness, record.image) = ([], nil)
    return record
  }

  public init(
    index: Int, label: Int, predicted: Int?, lower: Double, upper: Double, adversarialClass: Int?, status: Status,
    reason: String?, estimates: [String: Double], estimateSeconds: [String: Double], unstable: Int?,
    seconds: Double, timeout: Double, witness: [Double], image: StoredImage? = nil
  ) {
    self.index = index
    self.label = label
    self.predicted = predicted
    self.lower = lower
    self.upper = upper
    self.adversarialClass = adversarialClass
    self.status = status
    self.reason = reason
    self.estimates = estimates
    self.estimateSeconds = estimateSeconds
    self.unstable = unstable
    self.seconds = seconds
    self.timeout = timeout
    self.witness = witness
    self.image = image
  }

  /// The record of a sample without a value: every input that was tried has outputs beyond double precision.
  public init(
    withoutValue index: Int, label: Int, seconds: Double, timeout: Double, image: StoredImage? = nil
  ) {
    self.init(
      index: index, label: label, predicted: nil, lower: -.infinity, upper: .infinity, adversarialClass: nil,
      status: .bracket, reason: OpenReason.overflow.rawValue, estimates: [:], estimateSeconds: [:], unstable: nil,
      seconds: seconds, timeout: timeout, witness: [], image: image)
  }
}
