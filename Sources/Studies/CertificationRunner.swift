import Datasets
import Foundation
import Networks
import Tensors
import Verification

/// Certifies a data set's samples, one row each.
public struct CertificationRunner: Sendable {
  /// Everything that verdicts depend on besides the model, the images and the time: a sample that is left undecided
  /// may be given more of it, and the answers before stay what they are.
  public struct Settings: Codable, Hashable, Sendable {
    /// The radius of the ℓ∞ ball around each image, in units of the input.
    public var epsilon: Double
    /// How each sample is certified.
    public var certification: CertificationSettings

    /// The given settings.
    public init(epsilon: Double, certification: CertificationSettings = CertificationSettings()) {
      self.epsilon = epsilon
      self.certification = certification
    }

    /// The settings as one JSON object with sorted keys, for a store's identity.
    public func json() throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  private let network: Network
  private let images: LabelledImages
  private let settings: Settings
  private let timeout: Double

  /// A runner.
  ///
  /// - Parameter timeout: seconds that each sample may take.
  /// - Throws: ``StudyError/imagesDoNotFit(_:)``.
  public init(network: Network, images: LabelledImages, settings: Settings, timeout: Double) throws(StudyError) {
    try StudyRunner.requireFit(images, to: network)
    self.network = network
    self.images = images
    self.settings = settings
    self.timeout = timeout
  }

  /// Certifies the samples that the store has no final row of, each stored as soon as it is known.
  ///
  /// - Parameters:
  ///   - samples: positions in the data set, all inside it.
  ///   - store: where rows go, and which ones are there.
  ///   - workers: how many samples are in flight; the verdicts do not depend on them.
  ///   - observe: called for each event, one at a time, on any thread.
  /// - Throws: the first ``StudyError``; samples stored before stay stored.
  public func run(
    samples: [Int], store: CertificationStore, workers: Workers,
    observe: @escaping @Sendable (StoreEvent<CertificationRecord>) -> Void
  ) throws(StudyError) {
    try store.complete(samples, timeout: timeout, workers: workers, observe: observe) { index throws(StudyError) in
      try record(of: index)
    }
  }

  /// One sample's verdict. That its outputs overflow is one, and no reason to stop.
  public func record(of index: Int) throws(StudyError) -> CertificationRecord {
    let label = images.label(index)
    do throws(RegionError) {
      let result = try Certification.certify(
        images.image(index), label: label, by: network, radius: settings.epsilon, validRange: images.validRange,
        timeout: timeout, settings: settings.certification)
      return CertificationRecord(index: index, label: label, timeout: timeout, result)
    } catch {
      throw .region(index: index, error)
    }
  }
}
