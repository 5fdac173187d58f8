import Datasets
import Foundation
import Studies

/// What a verb that computes exact values knows about its question, for the files that a disagreement leaves.
struct Reproducer {
  let model: StudyIdentity.Source
  let images: LabelledImages
  let epsilon: Double
  /// Where the files go.
  let folder: URL

  /// The end that an error makes; for a disagreement of solvers, with files to ask again.
  func failure(_ error: StudyError) -> Failure {
    guard case .sample(let sample, .disagreement(let disagreement)) = error else { return Failure(error) }
    let report = DisagreementReport(
      disagreement, model: model, dataset: StudyIdentity.Source(name: images.name, digest: images.digest),
      sample: sample, label: images.label(sample), epsilon: epsilon, toolVersion: WorstCase.version)
    return Failure(status: .fault, message: report.conclude(in: folder))
  }
}
