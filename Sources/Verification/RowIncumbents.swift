import Networks

/// An input of the region and the value that a row attains there in real arithmetic.
///
/// There is no other way to make one than by a replay in outward-rounded arithmetic.
public struct RowWitness: Sendable {
  /// The input, inside the region without any tolerance.
  public let input: [Double]
  /// A lower bound of the row's value there, rounding included: the real value is no smaller.
  public let value: Double

  fileprivate init(input: [Double], value: Double) {
    self.input = input
    self.value = value
  }
}

/// The best replayed input of each of several rows; every candidate is tried on all that are still open.
struct RowIncumbents {
  private let network: Network
  private let region: Region
  private let rows: [OutputRow]
  /// The best input of each row so far; nil if no candidate had a finite value. And its value, or −∞.
  private(set) var best: [RowWitness?]
  private var values: [Double]
  /// The rows' terms one after the other, and where those of each row begin.
  private let terms: [OutputRow.Term]
  private let starts: [Int]
  /// The rows that candidates are tried on.
  var open: [Int]

  init(_ rows: [OutputRow], of network: Network, over region: Region) {
    self.network = network
    self.region = region
    self.rows = rows
    best = [RowWitness?](repeating: nil, count: rows.count)
    values = [Double](repeating: -.infinity, count: rows.count)
    terms = rows.flatMap(\.terms)
    starts = rows.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.terms.count) }
    open = Array(rows.indices)
  }

  /// The value that is known to be attained.
  func value(of row: Int) -> Double { values[row] }

  /// Tries a candidate.
  ///
  /// - Complexity: two evaluations.
  mutating func offer(_ candidate: [Double]) {
    guard let outputs = network.enclosure(at: candidate, inside: region) else { return }
    offer(candidate, outputs: outputs)
  }

  /// Tries several candidates, whose products are computed together.
  mutating func offer(_ candidates: [[Double]]) {
    let inside = candidates.filter(region.inner.contains)
    let boxes = network.intervals(over: inside.map { Box(lower: $0, upper: $0) }, in: Double.self)
    for (candidate, boxes) in zip(inside, boxes) { offer(candidate, outputs: boxes[network.output.index]) }
  }

  private mutating func offer(_ candidate: [Double], outputs: Box) {
    for row in promising(outputs) {
      let value = rows[row].value(outputs).lower
      guard value.isFinite, value > values[row] else { continue }
      values[row] = value
      best[row] = RowWitness(input: candidate, value: value)
    }
  }

  /// The open rows that some outputs may raise, told in ordinary double precision: with thousands of rows nearly all
  /// candidates are of no use to nearly all of them.
  private func promising(_ outputs: Box) -> [Int] {
    var promising: [Int] = []
    outputs.lower.withUnsafeBufferPointer { lower in
      outputs.upper.withUnsafeBufferPointer { upper in
        terms.withUnsafeBufferPointer { terms in
          for row in open {
            var value = 0.0
            for term in terms[starts[row]..<starts[row + 1]] {
              value += term.coefficient * (term.coefficient > 0 ? lower[term.output] : upper[term.output])
            }
            // Not a number where infinite outputs meet: never greater.
            if value > values[row] { promising.append(row) }
          }
        }
      }
    }
    return promising
  }
}
