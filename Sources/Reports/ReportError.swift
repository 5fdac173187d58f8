import Studies

/// Why a report cannot be made, or not all of it.
public enum ReportError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The study has no samples yet, or no estimate of any.
  case nothingToShow(path: String, reason: String)
  /// The study's file cannot be read.
  case store(StoreError)
  /// A file of the report cannot be written.
  case unwritable(path: String, reason: String)
  /// There is no gnuplot on the search path.
  case gnuplotMissing
  /// Gnuplot did not draw the figure; `output` is what it said.
  case gnuplotFailed(status: Int32, output: String)
  /// The page's template could not be filled in.
  case template(reason: String)

  public var description: String {
    switch self {
    case .nothingToShow(let path, let reason):
      return "There is nothing to report on \(path): \(reason). Let the study run for some samples first."
    case .store(let error):
      return error.description
    case .unwritable(let path, let reason):
      return "The report cannot be written to \(path): \(reason)."
    case .gnuplotMissing:
      return "The figure needs gnuplot, and there is none on the PATH. Install it (`apt-get install gnuplot-nox`) "
        + "and run the report again; the table and the summary are already written."
    case .gnuplotFailed(let status, let output):
      return "gnuplot ended with status \(status) and said: \(output.isEmpty ? "nothing" : output)"
    case .template(let reason):
      return "The page could not be filled in: \(reason)."
    }
  }
}
