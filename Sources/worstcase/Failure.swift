import Studies
import Verification

/// How the tool ends, for scripts.
enum Status: Int32 {
  /// The question was answered.
  case answered = 0
  /// It was not, within the limits given.
  case unanswered = 1
  /// The input was wrong; the message says where and what to do.
  case badInput = 2
  /// The tool, or a library under it, is at fault.
  case fault = 3
  /// The user interrupted it (128 + SIGINT, as shells count).
  case interrupted = 130
  /// It was asked to terminate (128 + SIGTERM).
  case terminated = 143
}

/// An end other than success, with the sentence that explains it.
struct Failure: Error {
  let status: Status
  let message: String

  /// Why a study stopped: a region or outputs that make no sense come from the input, the rest from us.
  init(_ error: StudyError) {
    status =
      switch error {
      case .imagesDoNotFit, .region, .sample(_, .overflow): .badInput
      case .store, .sample: .fault
      }
    message = error.description
  }

  init(status: Status, message: String) {
    self.status = status
    self.message = message
  }

  /// Runs code that fails only for what it was given.
  static func onBadInput<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(status: .badInput, message: "\(error)")
    }
  }

  /// Runs code that fails only through a fault of ours or of a library.
  static func onFault<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let failure as Failure {
      throw failure
    } catch let error as StudyError {
      throw Failure(error)
    } catch {
      throw Failure(status: .fault, message: "\(error)")
    }
  }
}
