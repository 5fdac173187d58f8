import Foundation

/// The network that comes with the tool, so that a study needs no file at all.
///
/// It is `models/digits-cnn3-ibp.onnx`, put into the program when it is built.
enum BuiltInModel {
  /// What studies call it.
  static let name = "digits-cnn3-ibp.onnx"

  /// The file's contents.
  static var data: Data { Data(PackageResources.digits_cnn3_ibp_onnx) }
}
