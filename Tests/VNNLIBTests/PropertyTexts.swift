import Networks
import VNNLIB

/// Short texts for tests.
enum PropertyTexts {
  /// Two inputs in [0, 1] and two outputs.
  static let head = """
    (declare-const X_0 Real)
    (declare-const X_1 Real)
    (declare-const Y_0 Real)
    (declare-const Y_1 Real)
    (assert (<= 0 X_0 1))
    (assert (<= 0 X_1 1))

    """

  /// The property of an assertion about those.
  static func property(_ assertion: String, caseLimit: Int = 1000) throws(VNNLIBError) -> Property {
    try VNNLIBFile.property(text: head + "(assert \(assertion))", name: "test", caseLimit: caseLimit)
  }
}
