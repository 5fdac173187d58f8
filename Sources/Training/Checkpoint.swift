import Files
import Foundation

/// A training state in a file: a line that names the format, a line of JSON that says whose state it is, the numbers in
/// little-endian single precision (parameters, first moments, second moments, statistics; then the average and the best
/// epoch's parameters where there are any), and a checksum.
///
/// Written beside its place and moved there, so that a killed run and a full disk leave the old file or the new one.
/// While a run goes on, room for the next is kept beside the last, so that a disk that others fill loses no epoch; given
/// back, it is more than the network takes.
enum Checkpoint {
  private static let format = "WorstCase training checkpoint 3\n"

  /// Everything but the numbers.
  private struct Header: Codable {
    var configuration: TrainingConfiguration
    var dataset: String
    var imageCount: Int
    /// A checksum of the images and labels.
    var imageDigest: UInt64
    var parameterCount: Int
    var finishedEpochs: Int
    var finishedSteps: Int
    var averageCount: Int
    var bestEpoch: Int
    var bestScore: Double
    var history: [EpochSummary]
  }

  static func write(_ state: TrainingState, of trainer: Trainer, to file: URL) throws(TrainingError) {
    let header = Header(
      configuration: trainer.configuration, dataset: trainer.training.name, imageCount: trainer.training.count,
      imageDigest: digest(of: trainer.training), parameterCount: state.parameters.count,
      finishedEpochs: state.finishedEpochs, finishedSteps: state.finishedSteps, averageCount: state.averageCount,
      bestEpoch: state.bestEpoch, bestScore: state.bestScore, history: state.history)
    let data = try contents(header, state, of: file)
    do throws(FileDraftError) {
      try FileDraft(of: file.path, containing: data).replace()
    } catch {
      throw .checkpoint(path: file.path, reason: "cannot be written: \(error.reason)")
    }
    reserve(file, bytes: data.count, state, trainer)
  }

  /// Keeps room on the disk for a run's first checkpoint; each one that is written keeps room for the next.
  ///
  /// - Parameter epochs: how many the header has already, each a kilobyte at most.
  static func reserve(_ file: URL, for trainer: Trainer, after epochs: Int) {
    let numbers = 3 * trainer.parameterCount + trainer.stack.statisticCount
    reserve(file, bytes: 4 * numbers + 1024 * epochs, nil, trainer)
  }

  /// Room for one as large as the last, with the average and the best epoch where it had none yet and an epoch more.
  private static func reserve(_ file: URL, bytes: Int, _ state: TrainingState?, _ trainer: Trainer) {
    let configuration = trainer.configuration
    let average = configuration.averageFrom != nil && state?.average.isEmpty ?? true ? trainer.parameterCount : 0
    let best =
      configuration.resolvedSelection != .last && state?.best.isEmpty ?? true
      ? trainer.parameterCount + trainer.stack.statisticCount : 0
    FileDraft.reserve(for: file.path, bytes: bytes + 4 * (average + best) + 4096)
  }

  /// Gives that room back, once no more checkpoints are to come.
  static func release(_ file: URL) { FileDraft.release(for: file.path) }

  /// The file's bytes.
  private static func contents(
    _ header: Header, _ state: TrainingState, of file: URL
  ) throws(TrainingError) -> Data {
    var data = Data(format.utf8)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // A bound of the loss over very wide boxes may be infinite; JSON has no number for it.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      data.append(try encoder.encode(header))
    } catch {
      throw .checkpoint(path: file.path, reason: "cannot be written: \(error)")
    }
    data.append(0x0A)
    let vectors = [
      state.parameters, state.firstMoments, state.secondMoments, state.statistics, state.average, state.best,
    ]
    data.reserveCapacity(data.count + 4 * vectors.reduce(0) { $0 + $1.count } + 8)
    for numbers in vectors {
      numbers.map(\.bitPattern.littleEndian).withUnsafeBytes { data.append(contentsOf: $0) }
    }
    let sum = checksum(data)
    withUnsafeBytes(of: sum.littleEndian) { data.append(contentsOf: $0) }
    return data
  }

  /// Reads the state of a run of this trainer.
  ///
  /// - Throws: ``TrainingError`` if the file is damaged, or another run's. A run may continue with other
  ///   `threads` or `epochs`, but no fewer than it has; with other `epochs` not by `colt` without `stage-epochs`.
  static func read(_ file: URL, for trainer: Trainer) throws(TrainingError) -> TrainingState {
    let data: Data
    do {
      data = try Data(contentsOf: file)
    } catch {
      throw .checkpoint(path: file.path, reason: "cannot be read: \(error.localizedDescription)")
    }
    func damaged(_ reason: String) -> TrainingError {
      .checkpoint(path: file.path, reason: "\(reason): name another place, or remove the file to start afresh")
    }
    guard data.starts(with: Data(format.utf8)) else { throw damaged("is no checkpoint of this version") }
    guard data.count >= format.utf8.count + 8 else { throw damaged("is cut short") }
    let body = data.dropLast(8)
    guard checksum(body) == word(data.suffix(8)) else { throw damaged("is damaged: its checksum is wrong") }
    let rest = body.dropFirst(format.utf8.count)
    guard let end = rest.firstIndex(of: 0x0A) else { throw damaged("has no header") }
    let header: Header
    do {
      let decoder = JSONDecoder()
      decoder.nonConformingFloatDecodingStrategy = .convertFromString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      header = try decoder.decode(Header.self, from: Data(rest[..<end]))
    } catch {
      throw damaged("has a header that cannot be read: \(error)")
    }
    try requireSameRun(header, trainer)
    let bytes = rest[(end + 1)...]
    let count = header.parameterCount
    let whole = count + trainer.stack.statisticCount
    let sizes = [
      count, count, count, trainer.stack.statisticCount, header.averageCount > 0 ? count : 0,
      header.bestEpoch > 0 ? whole : 0,
    ]
    guard count == trainer.parameterCount, bytes.count == 4 * sizes.reduce(0, +) else {
      throw damaged("has \(bytes.count) bytes of numbers where \(4 * sizes.reduce(0, +)) belong")
    }
    var place = 0
    let vectors = bytes.withUnsafeBytes { raw in
      sizes.map { size in
        defer { place += 4 * size }
        return (0..<size).map {
          Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: place + 4 * $0, as: UInt32.self)))
        }
      }
    }
    return TrainingState(
      finishedEpochs: header.finishedEpochs, finishedSteps: header.finishedSteps, parameters: vectors[0],
      firstMoments: vectors[1], secondMoments: vectors[2], statistics: vectors[3], average: vectors[4],
      averageCount: header.averageCount, best: vectors[5], bestEpoch: header.bestEpoch, bestScore: header.bestScore,
      history: header.history)
  }

  private static func requireSameRun(_ header: Header, _ trainer: Trainer) throws(TrainingError) {
    var settings = header.configuration
    settings.threads = trainer.configuration.threads
    // Where the stages share out the epochs, another number of epochs is another run.
    if settings.method != .colt || settings.stageEpochs != nil { settings.epochs = trainer.configuration.epochs }
    if settings != trainer.configuration {
      throw difference(settings, trainer.configuration)
    }
    guard header.finishedEpochs <= settings.epochs else {
      throw .otherRun(what: "finished epochs", checkpoint: "\(header.finishedEpochs)", run: "\(settings.epochs)")
    }
    let training = trainer.training
    guard header.dataset == training.name, header.imageCount == training.count,
      header.imageDigest == digest(of: training)
    else {
      throw .otherRun(
        what: "data set", checkpoint: "\(header.dataset) with \(header.imageCount) images",
        run: "\(training.name) with \(training.count) images, or other images of the same name")
    }
  }

  /// The first setting in which two configurations differ.
  private static func difference(_ a: TrainingConfiguration, _ b: TrainingConfiguration) -> TrainingError {
    let (old, new) = (a.settings, b.settings)
    for key in Set(old.keys).union(new.keys).sorted() where old[key] != new[key] {
      return .otherRun(what: key, checkpoint: old[key] ?? "none", run: new[key] ?? "none")
    }
    return .otherRun(what: "settings", checkpoint: "\(a)", run: "\(b)")
  }

  private static func digest(of set: TrainingSet) -> UInt64 {
    let pixels = set.pixels.withUnsafeBytes { checksum($0) }
    return set.labels.withUnsafeBytes { checksum($0, from: pixels) }
  }

  private static func checksum(_ data: Data) -> UInt64 { data.withUnsafeBytes { checksum($0) } }

  /// FNV-1a over words of eight bytes, the last one padded with zeros: it finds damage, not malice.
  private static func checksum(_ bytes: UnsafeRawBufferPointer, from start: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
    var hash = start ^ UInt64(bytes.count)
    let words = bytes.count / 8
    for i in 0..<words {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))
      hash = (hash ^ word) &* 0x100_0000_01B3
      hash ^= hash >> 29
    }
    for i in 8 * words..<bytes.count { hash = (hash ^ UInt64(bytes[i])) &* 0x100_0000_01B3 }
    return hash
  }

  private static func word(_ bytes: Data) -> UInt64 {
    bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
  }
}
