import Foundation
import Networks
import VNNLIB

/// VNNLIB properties: what is read can be written, and reads as an equal property.
struct VNNLIBFuzz: FuzzedReader {
  let name = "vnnlib"
  let words = [
    "(declare-const X_0 Real)", "(declare-const Y_0 Real)", "(assert ", "(and ", "(or ", "(not ", "(<= ", "(>= ", "(< ",
    "(> ", "(= ", "(+ ", "(- ", "(* ", "(/ ", "X_1", "Y_1", "1e-9", "-0.5", "; ", "(let ((a X_0)) ", "(=> ", "(ite ",
  ]

  func seeds() throws -> [Data] {
    let declarations = ["X_0", "X_1", "Y_0", "Y_1"].map { "(declare-const \($0) Real)\n" }.joined()
    let box = "(assert (<= X_0 0.5))(assert (>= X_0 -1e-1))(assert (and (<= X_1 1) (>= X_1 0)))\n"
    return [
      "(assert (<= Y_0 Y_1)) ; a comment\n", "(assert (or (and (>= Y_0 1) (< Y_1 (- 2))) (and (not (<= Y_1 Y_0)))))",
      "(assert (>= (+ (* 2 Y_0) (- X_0 Y_1) 3) (/ 1 3)))",
      "(assert (or (and (<= X_0 0) (<= Y_0 0)) (>= Y_1 (* X_1 3))))",
    ].map { Data((declarations + box + $0).utf8) }
  }

  func read(_ bytes: UnsafeRawBufferPointer) {
    let property: Property
    do throws(VNNLIBError) {
      property = try VNNLIBFile.property(text: String(decoding: bytes, as: UTF8.self), name: "x.vnnlib", caseLimit: 100)
    } catch {
      precondition(error.description.hasPrefix("x.vnnlib:"), "an error that does not name the file")
      precondition(
        error.description.unicodeScalars.allSatisfy { $0.value >= 32 }, "an error with a control character in it")
      return
    }
    do throws(VNNLIBError) {
      let again = try VNNLIBFile.property(text: property.vnnlibText, name: "again.vnnlib", caseLimit: 10_000)
      precondition(again == property, "another property was read again")
    } catch {
      preconditionFailure("a property that was read is not read again: \(error)")
    }
  }
}
