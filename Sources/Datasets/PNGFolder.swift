import Foundation
import Gzip
import Tensors

/// Images in a folder of PNG files, all of one shape: grey or RGB, 8 bits.
///
/// Their labels come from subfolders (`7/0001.png`, or `cat/0001.png`), or from a list `labels.csv` or `labels.txt`.
public enum PNGFolder {
  /// The most images, and the largest file of one.
  static let largestCount = 1_000_000
  static let largestFile = 1 << 26
  /// The most bytes of pixels in all.
  static let largestTotal = 1 << 31
  /// What the folder should hold, for messages.
  static let wanted =
    "one folder of .png files for each class, or .png files with a labels.csv (lines `0001.png,7`) or labels.txt"

  /// One image and its class, before the image is read.
  struct Item: Equatable {
    var file: URL
    var label: Int
  }

  /// Reads one split.
  ///
  /// With subfolders, the class is the folder's name where all names are numbers; else its place among the names of
  /// both splits in byte order, so that a class has one number in both. Images are ordered by their file's name first (numbers by value, before other names) and their class
  /// second, so that the first images are not all of one class. With a list, its order counts.
  /// - Parameters:
  ///   - directory: the folder; where it has a folder `train` or `test`, that one is read for the split. A folder with
  ///     neither is a test split.
  ///   - split: which of the two.
  /// - Throws: ``DatasetError`` naming the file and what is wrong with it.
  public static func load(_ directory: URL, split: DatasetSplit) throws(DatasetError) -> LabelledImages {
    let (items, classCount) = try items(directory, split)
    var shape: Shape?
    var pixels: [UInt8] = []
    for item in items {
      let image = try image(item, extents: shape?.extents)
      if shape == nil {
        do throws(ShapeError) {
          shape = try Shape([image.channels, image.height, image.width])
        } catch {
          throw .arrayShape(file: item.file.path, extents: [], wanted: error.description)
        }
        guard image.pixels.count * items.count <= largestTotal else {
          throw .unreasonableCount(
            file: directory.path, count: items.count, limit: largestTotal / image.pixels.count)
        }
        pixels.reserveCapacity(image.pixels.count * items.count)
      }
      pixels.append(contentsOf: image.pixels)
    }
    guard let shape else { throw .notThere(path: directory.path, wanted: wanted) }
    return try LabelledImages(
      name: "png-\(split.rawValue)", shape: shape, classes: .atLeast(classCount),
      pixels: .bytes(pixels), labels: items.map { UInt8($0.label) })
  }

  /// Reads one image; `extents` is what it must have, if that is known.
  static func image(_ item: Item, extents: [Int]?) throws(DatasetError) -> PNGImage {
    let bytes: [UInt8]
    do throws(GzipError) {
      bytes = try GzipReader.contents(of: item.file.path, limit: largestFile)
    } catch {
      throw .file(error)
    }
    return try PNGImage(bytes, file: item.file.path, extents: extents)
  }

  /// The folder of a split.
  static func folder(_ directory: URL, _ split: DatasetSplit) throws(DatasetError) -> URL {
    guard DataFile.isFolder(directory) else { throw .notThere(path: directory.path, wanted: "a folder") }
    let own = directory.appendingPathComponent(split.rawValue)
    if DataFile.isFolder(own) { return own }
    let hasSplits = DatasetSplit.allCases.contains { DataFile.isFolder(directory.appendingPathComponent($0.rawValue)) }
    guard split == .test, !hasSplits else { throw .notThere(path: own.path, wanted: wanted) }
    return directory
  }

  /// Whether the names of a folder's contents are those of pictures with labels, however wrong they may be: a list, a
  /// picture, or folders with pictures in them.
  static func isMeant(_ directory: URL) -> Bool {
    for split in DatasetSplit.allCases {
      guard let folder = try? folder(directory, split), let names = try? names(in: folder) else { continue }
      if !lists(in: folder).isEmpty || names.contains(where: isPicture) { return true }
      for name in names where DataFile.isFolder(folder.appendingPathComponent(name)) {
        if let inner = try? Self.names(in: folder.appendingPathComponent(name)), inner.contains(where: isPicture) {
          return true
        }
      }
    }
    return false
  }

  /// Whether a name is that of a picture, of this kind or another that is to be converted.
  private static func isPicture(_ name: String) -> Bool {
    ["png", "jpg", "jpeg", "bmp", "gif", "tif", "tiff", "webp", "pgm", "ppm"].contains(
      (name as NSString).pathExtension.lowercased())
  }

  /// The lists of labels in a folder.
  private static func lists(in folder: URL) -> [String] {
    ["labels.csv", "labels.txt"].filter {
      FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
    }
  }

  /// The images of a split in their order, and how many classes there are at least.
  static func items(
    _ directory: URL, _ split: DatasetSplit
  ) throws(DatasetError) -> (items: [Item], classCount: Int) {
    let folder = try folder(directory, split)
    let lists = lists(in: folder)
    if lists.count > 1 { throw .ambiguous(path: folder.path, first: lists[0], second: lists[1]) }
    let items: [Item]
    var classCount = 0
    if let list = lists.first {
      items = try LabelList.read(list, in: folder)
    } else {
      let own = try classNames(folder)
      let numbers = try numbers(own.union(otherNames(directory, folder)), of: own, in: folder)
      items = try classFolders(folder, own, numbers)
      classCount = 1 + (numbers.values.max() ?? 0)
    }
    guard (1...largestCount).contains(items.count) else {
      if items.isEmpty { throw .notThere(path: folder.path, wanted: wanted) }
      throw .unreasonableCount(file: folder.path, count: items.count, limit: largestCount)
    }
    return (items, max(classCount, 1 + (items.map(\.label).max() ?? 0)))
  }

  /// The names of a folder's folders, which are classes; there must be nothing else.
  private static func classNames(_ folder: URL) throws(DatasetError) -> Set<String> {
    let names = try names(in: folder)
    if let stray = names.first(where: { !DataFile.isFolder(folder.appendingPathComponent($0)) }) {
      let file = folder.appendingPathComponent(stray).path
      // Images beside folders, or alone, have no class.
      if stray.lowercased().hasSuffix(".png") { throw .notThere(path: "\(folder.path)/labels.csv", wanted: wanted) }
      throw .strayFile(file: file)
    }
    return Set(names)
  }

  /// The names of classes in the other split, where it has folders for them.
  private static func otherNames(_ directory: URL, _ folder: URL) -> Set<String> {
    var found: Set<String> = []
    for split in DatasetSplit.allCases {
      // What is wrong with the other split is said when it is read.
      guard let other = try? Self.folder(directory, split), other != folder, lists(in: other).isEmpty,
        let names = try? names(in: other)
      else { continue }
      found.formUnion(names.filter { DataFile.isFolder(other.appendingPathComponent($0)) })
    }
    return found
  }

  /// The number of each class.
  ///
  /// - Parameters:
  ///   - names: the names in both splits.
  ///   - own: those of the split that is read, which is in `folder`.
  private static func numbers(
    _ names: Set<String>, of own: Set<String>, in folder: URL
  ) throws(DatasetError) -> [String: Int] {
    let sorted = names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    let limit = LabelledImages.largestClassCount
    guard sorted.allSatisfy({ ImageName.isNumber($0.hasPrefix("-") ? $0.dropFirst() : $0[...]) }) else {
      guard sorted.count <= limit else { throw .tooManyClasses(folder: folder.path, count: sorted.count) }
      return Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, $0) })
    }
    var numbers: [String: Int] = [:]
    var taken: [Int: String] = [:]
    for name in sorted {
      guard let number = ImageName.number(name), number < limit else {
        // Of the other split's names, those that are wrong are told when it is read.
        if !own.contains(name) { continue }
        throw .noClass(folder: folder.appendingPathComponent(name).path)
      }
      numbers[name] = number
      guard own.contains(name) else { continue }
      if let first = taken.updateValue(name, forKey: number) {
        throw .sameClass(folder: folder.path, first: first, second: name)
      }
    }
    return numbers
  }

  /// The images of a folder with one folder for each class.
  private static func classFolders(
    _ folder: URL, _ names: Set<String>, _ numbers: [String: Int]
  ) throws(DatasetError) -> [Item] {
    var items: [(name: ImageName, item: Item)] = []
    for name in names.sorted() {
      let inner = folder.appendingPathComponent(name)
      guard let label = numbers[name] else { throw .noClass(folder: inner.path) }
      for file in try Self.names(in: inner) {
        let url = inner.appendingPathComponent(file)
        guard file.lowercased().hasSuffix(".png") else { throw .strayFile(file: url.path) }
        items.append((ImageName(file), Item(file: url, label: label)))
      }
    }
    return items.sorted { ($0.name, $0.item.label) < ($1.name, $1.item.label) }.map(\.item)
  }

  /// The names in a folder, without hidden ones.
  private static func names(in folder: URL) throws(DatasetError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }
    } catch {
      throw .file(.unreadable(file: folder.path, reason: error.localizedDescription))
    }
  }
}

/// A file's name as it counts for the order: numbers by value and before others.
private struct ImageName: Comparable {
  private let key: (Int, Int, [UInt8])

  init(_ file: String) {
    let stem = (file as NSString).deletingPathExtension
    let number = Self.number(stem)
    key = (number == nil ? 1 : 0, number ?? 0, Array(file.utf8))
  }

  /// The value of a name that is nothing but decimal digits.
  static func number(_ name: String) -> Int? {
    isNumber(name[...]) ? Int(name) : nil
  }

  /// Whether a name is nothing but decimal digits.
  static func isNumber(_ name: Substring) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  static func == (a: ImageName, b: ImageName) -> Bool { a.key.2 == b.key.2 }

  static func < (a: ImageName, b: ImageName) -> Bool {
    if a.key.0 != b.key.0 { return a.key.0 < b.key.0 }
    if a.key.1 != b.key.1 { return a.key.1 < b.key.1 }
    return a.key.2.lexicographicallyPrecedes(b.key.2)
  }
}
