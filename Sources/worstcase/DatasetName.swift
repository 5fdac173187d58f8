import ArgumentParser
import Datasets
import Foundation

/// The data sets that the tool knows.
enum DatasetName: String, ExpressibleByArgument, CaseIterable {
  case mnist
  case cifar10
  case npy
  case png
  case syntheticDigits = "synthetic-digits"

  /// The names as a sentence lists them.
  static let list = allCases.dropLast().map(\.rawValue).joined(separator: ", ") + " or " + syntheticDigits.rawValue

  /// The kind that lies in files; nil for images that are made.
  var folder: DatasetFolder? { DatasetFolder(rawValue: rawValue) }

  /// The images of a split; `count` is how many synthetic ones to make.
  ///
  /// - Parameters:
  ///   - data: where its files are, as `--data` names it.
  ///   - range: the valid range of images that are numbers, as `--range` gives it.
  func images(
    _ split: DatasetSplit, in data: String?, range: ValidRange? = nil, count: Int
  ) throws -> LabelledImages {
    try Failure.onBadInput {
      guard let kind = folder else {
        guard range == nil else {
          throw Failure(
            status: .badInput, message: "--range is for images of --dataset npy; those of \(rawValue) are bytes"
          )
        }
        guard data == nil else {
          throw Failure(
            status: .badInput,
            message:
              "--data is for images in files, and those of \(rawValue) are made: name the data set of the files as well"
          )
        }
        return try SyntheticDigits.make(count: count, seed: 1, split: split)
      }
      guard let data else {
        throw Failure(
          status: .badInput, message: "the data set \(rawValue) needs --data DIR with \(kind.wanted)")
      }
      return try kind.load(URL(fileURLWithPath: data), split: split, validRange: range?.range)
    }
  }
}

/// The range that elements of an input keep to, written `-1...1`.
struct ValidRange: ExpressibleByArgument {
  let range: ClosedRange<Double>

  init?(argument: String) {
    guard let dots = argument.firstRange(of: "...") else { return nil }
    guard let low = Double(argument[..<dots.lowerBound]), let high = Double(argument[dots.upperBound...]),
      low.isFinite, high.isFinite, low < high
    else { return nil }
    range = low...high
  }
}
