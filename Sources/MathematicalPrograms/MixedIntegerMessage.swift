/// A program and a request as one process sends them to another.
struct MixedIntegerQuestion {
  let program: LinearProgram
  let request: MixedIntegerRequest

  init(program: LinearProgram, request: MixedIntegerRequest) {
    self.program = program
    self.request = request
  }

  /// Nil where the bytes are no question.
  init?(_ bytes: [UInt8]) {
    var reader = MessageReader(bytes)
    guard let program = LinearProgram(&reader), let limits = reader.read(Double.self), (1...2).contains(limits.count),
      let start = reader.read(Double.self), start.isEmpty || start.count == program.columnCount,
      let work = reader.read(Int.self), reader.isAtEnd, work.count == 2
    else { return nil }
    self.program = program
    request = MixedIntegerRequest(
      seconds: limits[0], cutoff: limits.count > 1 ? limits[1] : nil, start: start.isEmpty ? nil : start,
      nodeLimit: work[0], solutionLimit: work[1])
  }

  var bytes: [UInt8] {
    var writer = MessageWriter()
    program.write(to: &writer)
    writer.write([request.seconds, request.cutoff].compactMap(\.self))
    writer.write(request.start ?? [])
    writer.write([request.nodeLimit, request.solutionLimit])
    return writer.bytes
  }
}

extension MixedIntegerOutcome {
  private static let stops: [MixedIntegerStop] = [.finished, .timeLimit, .workLimit, .failed]

  /// Nil where the bytes are no outcome.
  init?(_ bytes: [UInt8]) {
    var reader = MessageReader(bytes)
    guard let counts = reader.read(Int.self), counts.count == 2, Self.stops.indices.contains(counts[0]),
      let bound = reader.read(Double.self), bound.count == 1, let candidate = reader.read(Double.self), reader.isAtEnd
    else { return nil }
    self.init(
      dualBound: bound[0], candidate: candidate.isEmpty ? nil : candidate, stop: Self.stops[counts[0]],
      nodes: counts[1])
  }

  var bytes: [UInt8] {
    var writer = MessageWriter()
    writer.write([Self.stops.firstIndex(of: stop) ?? Self.stops.count, nodes])
    writer.write([dualBound])
    writer.write(candidate ?? [])
    return writer.bytes
  }
}
