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
