import Foundation
import Testing

@testable import Datasets

@Suite("Folders of PNG files")
struct PNGFolderTests {
  /// A picture of 2x1 whose first sample tells it from the others.
  func picture(_ first: UInt8) throws -> Data { Data(try PNGFiles.file([first, 0], width: 2, height: 1)) }

  func load(_ files: [String: Data], _ split: DatasetSplit = .test) throws -> LabelledImages {
    try withTemporaryFolder { folder in
      for (name, data) in files {
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
      }
      return try PNGFolder.load(folder, split: split)
    }
  }

  func firsts(_ images: LabelledImages) -> [UInt8] {
    let bytes = images.pixels.bytes ?? []
    return stride(from: 0, to: bytes.count, by: images.shape.count).map { bytes[$0] }
  }

  @Test("Numbered folders are classes; files are ordered by number first")
  func numberedFolders() throws {
    let images = try load([
      "7/10.png": picture(1), "7/2.png": picture(2), "0/2.png": picture(3), "10/b.png": picture(4),
      "0/a.png": picture(5), "0/.hidden": Data(),
    ])
    #expect(firsts(images) == [3, 2, 1, 5, 4] && images.labels == [0, 7, 7, 0, 10])
    #expect(images.shape.extents == [1, 1, 2] && images.classes == .atLeast(11) && images.name == "png-test")
  }

  @Test("Named folders are classes in the order of their names")
  func namedFolders() throws {
    let images = try load(["dog/1.png": picture(1), "cat/2.PNG": picture(2), "10/1.png": picture(3)])
    #expect(firsts(images) == [3, 1, 2] && images.labels == [0, 2, 1])
  }

  @Test("Each split has its folder")
  func splits() throws {
    let files = ["train/0/1.png": try picture(1), "test/1/1.png": try picture(2)]
    #expect(try firsts(load(files, .train)) == [1])
    #expect(try firsts(load(files, .test)) == [2])
    #expect(throws: DatasetError.self) { try load(["0/1.png": picture(1)], .train) }
    #expect(throws: DatasetError.self) { try load(["train/0/1.png": picture(1)], .test) }
  }

  @Test("A class has the same number in both splits, also where one of them lacks it")
  func classesOfBothSplits() throws {
    let named = [
      "test/cat/1.png": try picture(1), "test/dog/1.png": try picture(2), "train/dog/1.png": try picture(3),
      "train/emu/1.png": try picture(4),
    ]
    let test = try load(named)
    let train = try load(named, .train)
    #expect(test.labels == [0, 1] && train.labels == [1, 2])
    #expect(test.classes == .atLeast(3) && train.classes == .atLeast(3))
    // Numbers beside names are names, in both splits.
    let mixed = ["test/7/1.png": try picture(1), "train/7/1.png": try picture(2), "train/3a/1.png": try picture(3)]
    #expect(try load(mixed).labels == [1])
    #expect(try load(mixed, .train).labels == [0, 1])
    // A split with a list is numbered by the list; it has folders that are no classes.
    let listed = [
      "test/cat/1.png": try picture(1), "train/pictures/1.png": try picture(2),
      "train/labels.csv": Data("pictures/1.png,5".utf8),
    ]
    #expect(try load(listed).labels == [0])
    #expect(try load(listed, .train).labels == [5])
  }

  @Test("Numbers that two folders share, or that no class has")
  func wrongNumbers() throws {
    func failure(_ names: String...) throws -> DatasetError? {
      let files = try names.map { ("\($0)/1.png", try picture(1)) }
      return #expect(throws: DatasetError.self) { try load(Dictionary(uniqueKeysWithValues: files)) }
    }
    guard case .sameClass(_, "01", "1") = try failure("01", "1", "2"), case .noClass(let name) = try failure("-1", "0"),
      name.hasSuffix("/-1"), case .noClass = try failure("0", "99999999999999999999")
    else {
      Issue.record("wrong numbers passed")
      return
    }
    #expect(try load(["-1/1.png": picture(1), "cat/1.png": picture(2)]).labels == [0, 1])
    let many = Dictionary(uniqueKeysWithValues: try (0..<257).map { ("c\($0)/1.png", try picture(1)) })
    #expect(throws: DatasetError.self) { try load(many) }
  }

  @Test("A list may start with a byte order mark", arguments: ["labels.csv", "labels.txt"])
  func byteOrderMark(name: String) throws {
    let separator = name.hasSuffix("csv") ? "," : " "
    let text = "\u{FEFF}b.png\(separator)3\na.png\(separator)0\n"
    let images = try load(["b.png": picture(1), "a.png": picture(2), name: Data(text.utf8)])
    #expect(firsts(images) == [1, 2] && images.labels == [3, 0])
  }

  @Test("A list with a heading, in its own order")
  func lists() throws {
    let pictures = ["b.png": try picture(1), "a b.png": try picture(2)]
    for (name, text) in [
      ("labels.csv", "file,label\nb.png,3\r\na b.png, 0\n\n"), ("labels.txt", "b.png 3\na b.png\t0"),
    ] {
      let images = try load(pictures.merging([name: Data(text.utf8)]) { $1 })
      #expect(firsts(images) == [1, 2] && images.labels == [3, 0])
    }
    let both = ["labels.csv": Data(), "labels.txt": Data()]
    #expect(throws: DatasetError.self) { try load(pictures.merging(both) { $1 }) }
  }

  @Test(
    "Lines that are wrong are named by their number",
    arguments: [
      "a.png,0\na.png,1", "a.png,0\nnone.png,1", "a.png,0\n../a.png,1", "a.png,0\n/a.png,1", "a.png,0\na.png",
      "a.png,0\na.png,256", "a.png,0\na.png,-1", "a.png,0\na.png,cat", "a.png,0\n,1",
    ])
  func wrongLines(text: String) throws {
    let error = #expect(throws: DatasetError.self) {
      try load(["a.png": picture(1), "labels.csv": Data(text.utf8)])
    }
    #expect(error?.description.contains("labels.csv, line 2") == true)
  }

  @Test("A list of no images, a list that is no text")
  func noLists() throws {
    for data in [Data(), Data("file,label\n".utf8), Data([0xFF, 0xFE, 0])] {
      #expect(throws: DatasetError.self) { try load(["a.png": picture(1), "labels.csv": data]) }
    }
  }

  @Test("Folders that are no data set")
  func wrongFolders() throws {
    let good = ["0/1.png": try picture(1)]
    for (name, data) in [
      ("0/2.jpg", Data()), ("notes.txt", Data()), ("2.png", try picture(1)), ("256/1.png", try picture(1)),
      ("0/2.png", Data()), ("0/2.png", Data(try PNGFiles.file([1], width: 1, height: 1))),
    ] {
      let error = #expect(throws: DatasetError.self) { try load(good.merging([name: data]) { $1 }) }
      #expect(error.map { !$0.description.isEmpty } == true)
    }
    #expect(throws: DatasetError.self) { try load([:]) }
    #expect(throws: DatasetError.self) { try PNGFolder.load(URL(fileURLWithPath: "/nowhere"), split: .test) }
  }
}
