import CKernels
import Tensors

/// The part of a classifier that its margins depend on over one box: an affine layer, a ReLU layer and the last layer,
/// with what the box decides folded away.
///
/// Over a box, ReLUs whose pre-activation has one sign are linear or zero, and coordinates of no width are constants.
/// What is left of the margin of class i against the label, with δ the distance of the free coordinates from the
/// centre, is `m_i(δ) = M_i + a_i·δ + Σ_k w_ik·max(0, p_k + A_k·δ)`, one term for each unstable ReLU k, whose row A_k
/// of a convolution has few entries. On networks that certified training has shaped that is a small fraction of the
/// classifier, and a step of an attack costs as much less. Searches of all classes go side by side in vectors.
final class FoldedClassifier: @unchecked Sendable {
  private let stack: LayerStack
  private let layer: AffineLayer
  private let boundary, size, hidden, classes: Int
  /// For each class but the label: M; the active units' weights, `[classes − 1, hidden]`; and what they are in terms of
  /// the layer's inputs, `[classes − 1, size]`.
  private let constants, activeRows, pulled: FloatBuffer
  private let places = Scratch<Int32>()
  private let free = Scratch<Int>()
  private let unstable = Scratch<Int>()
  private let radii = Scratch<Float>()
  private let centres = Scratch<Float>()
  private let starts = Scratch<Int32>()
  private let entryPlaces = Scratch<Int32>()
  private let entries = Scratch<Float>()
  /// Numbers for each lane: by coordinate, and by unit.
  private let slopes, points, best, gradient, weights, active, applied: FloatBuffer

  /// What is left over a box.
  private struct Fold {
    /// The free coordinates and their radii, `freeCount` of them; for each coordinate its place among them, or −1.
    let freeCount: Int
    let free: UnsafeMutablePointer<Int>
    let radii: UnsafeMutablePointer<Float>
    let places: UnsafeMutablePointer<Int32>
    /// The unstable units, p, and the rows A.
    let unitCount: Int
    let unstable: UnsafeMutablePointer<Int>
    let centres: UnsafeMutablePointer<Float>
    let starts, entryPlaces: UnsafeMutablePointer<Int32>
    let entries: UnsafeMutablePointer<Float>
  }

  private static let lanes = Int(CK_FOLDED_LANES)
  /// How many searches go side by side.
  static var laneCount: Double { Double(lanes) }

  /// A folder of the layers behind a boundary; nil unless they are an affine, a ReLU and the last layer.
  init?(stack: LayerStack, boundary: Int) {
    guard boundary + 3 == stack.layers.count, case .affine(let layer) = stack.layers[boundary],
      case .relu = stack.layers[boundary + 1]
    else { return nil }
    self.stack = stack
    self.layer = layer
    self.boundary = boundary
    size = layer.inputCount
    hidden = layer.outputCount
    classes = stack.classCount
    constants = FloatBuffer(count: classes - 1)
    activeRows = FloatBuffer(count: (classes - 1) * hidden)
    pulled = FloatBuffer(count: (classes - 1) * size)
    func forCoordinates() -> FloatBuffer { FloatBuffer(count: layer.inputCount * Self.lanes) }
    (slopes, points, best, gradient) = (forCoordinates(), forCoordinates(), forCoordinates(), forCoordinates())
    weights = FloatBuffer(count: hidden * Self.lanes)
    active = FloatBuffer(count: hidden * Self.lanes)
    applied = FloatBuffer(count: hidden * Self.lanes)
  }

  /// One search: the position of its class among those that are not the label, which start it is, and what it has
  /// reached.
  private struct Search {
    let row, restart: Int
    var best = -Float.infinity
  }

  /// Searches one box for points that make each margin large.
  ///
  /// - Parameters:
  ///   - box: a pass that has propagated the boxes beyond the boundary's layer.
  ///   - vector: which of its boxes.
  ///   - stream: the random numbers of a search.
  ///   - points: where the best points go, `[classes − 1, size]`.
  ///   - values: where their margins go.
  func search(
    _ box: BoxPass, vector: Int, label: Int, parameters: Parameters, settings: LatentAttack.Settings,
    stream: (_ number: Int) -> RandomStream, points: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>
  ) {
    let fold = fold(box, vector: vector, label: label, parameters: parameters)
    let centre = box.centres[boundary].pointer + vector * size
    let reach = box.radii[boundary + 1].pointer + vector * hidden
    var open: [Int] = []
    for row in 0..<classes - 1 {
      // Coordinates without width stay at the centre.
      (points + row * size).update(from: centre, count: size)
      let margin = margin(of: row, label: label, fold, reach: reach, parameters: parameters)
      // A margin that the loss depends on nowhere in the box is not worth a search.
      let isLost = margin.upper < LatentAttack.leastMargin
      values[row] = isLost ? margin.centre : -.infinity
      if !isLost { open.append(row) }
    }
    let searches = (0..<settings.restarts).flatMap { restart in open.map { Search(row: $0, restart: restart) } }
    for first in stride(from: 0, to: searches.count, by: Self.lanes) {
      var group = Array(searches[first..<min(first + Self.lanes, searches.count)])
      begin(group, fold, label: label, parameters: parameters, stream: stream)
      climb(&group, fold, steps: settings.steps) { search, lane in
        // What is no number is kept as well, so that the loss shows it.
        guard search.best > values[search.row] || search.best.isNaN else { return }
        values[search.row] = search.best
        keep(lane: lane, fold, centre: centre, in: points + search.row * size)
      }
    }
  }

  /// A margin at the box's centre, and what it is nowhere above.
  private func margin(
    of row: Int, label: Int, _ fold: Fold, reach: UnsafePointer<Float>, parameters: Parameters
  ) -> (centre: Float, upper: Float) {
    let last = parameters.values.pointer + stack.offsets[boundary + 2]
    let (own, other) = (last + label * hidden, last + otherClass(row, label: label) * hidden)
    var (centre, upper) = (constants.pointer[row], constants.pointer[row])
    for k in 0..<fold.unitCount {
      let unit = fold.unstable[k]
      let weight = other[unit] - own[unit]
      centre += weight * max(0, fold.centres[k])
      upper += max(0, weight) * (fold.centres[k] + reach[unit])
    }
    let slope = pulled.pointer + row * size
    for i in 0..<fold.freeCount { upper += abs(slope[fold.free[i]]) * fold.radii[i] }
    return (centre, upper)
  }

  /// Puts searches into the lanes, each at a random point.
  private func begin(
    _ searches: [Search], _ fold: Fold, label: Int, parameters: Parameters, stream: (_ number: Int) -> RandomStream
  ) {
    let last = parameters.values.pointer + stack.offsets[boundary + 2]
    let lanes = Self.lanes
    applied.pointer.update(repeating: 0, count: fold.unitCount * lanes)
    // In lanes without a search no unit is active.
    weights.pointer.update(repeating: 0, count: fold.unitCount * lanes)
    for (lane, search) in searches.enumerated() {
      let slope = pulled.pointer + search.row * size
      var random = stream(search.restart * (classes - 1) + search.row)
      for i in 0..<fold.freeCount {
        slopes.pointer[i * lanes + lane] = slope[fold.free[i]]
        gradient.pointer[i * lanes + lane] = slope[fold.free[i]]
        let share = Float(random.next() >> 40) * 0x1p-23 - 1
        points.pointer[i * lanes + lane] = share * fold.radii[i]
      }
      let other = last + otherClass(search.row, label: label) * hidden
      for k in 0..<fold.unitCount {
        let unit = fold.unstable[k]
        weights.pointer[k * lanes + lane] = other[unit] - last[label * hidden + unit]
      }
    }
  }

  /// Climbs in all lanes until each has made all its steps or stays where it is, and reports what each reached.
  private func climb(
    _ searches: inout [Search], _ fold: Fold, steps: AttackSteps, _ report: (_ search: Search, _ lane: Int) -> Void
  ) {
    var folded = ck_folded(
      free: fold.freeCount, units: fold.unitCount, starts: fold.starts, places: fold.entryPlaces,
      entries: fold.entries, centres: fold.centres, radii: fold.radii, slopes: slopes.pointer,
      weights: weights.pointer, points: points.pointer, best: best.pointer, gradient: gradient.pointer,
      active: active.pointer, applied: applied.pointer)
    var values = [Float](repeating: 0, count: Self.lanes)
    var better = [Int32](repeating: 0, count: Self.lanes)
    var moved = [Int32](repeating: 0, count: Self.lanes)
    for step in 0...steps.count {
      let lanes = Int32(searches.count)
      for (lane, search) in searches.enumerated() { values[lane] = constants.pointer[search.row] }
      ck_folded_values(&folded, lanes, &values)
      for lane in searches.indices {
        let isBetter = values[lane] > searches[lane].best || values[lane].isNaN
        better[lane] = isBetter ? -1 : 0
        if isBetter { searches[lane].best = values[lane] }
      }
      ck_folded_gradient(&folded, lanes)
      ck_folded_ascend(&folded, lanes, better, step < steps.count ? steps.size(step) : 0, &moved)
      var kept = 0
      for lane in searches.indices {
        guard step < steps.count, moved[lane] != 0 else {
          report(searches[lane], lane)
          continue
        }
        if kept != lane { move(lane, to: kept, fold) }
        searches[kept] = searches[lane]
        kept += 1
      }
      searches.removeLast(searches.count - kept)
      if searches.isEmpty { break }
    }
  }

  /// Moves a search to another lane.
  private func move(_ lane: Int, to other: Int, _ fold: Fold) {
    let lanes = Self.lanes
    for (buffer, count) in [
      (slopes, fold.freeCount), (points, fold.freeCount), (best, fold.freeCount), (gradient, fold.freeCount),
      (weights, fold.unitCount), (applied, fold.unitCount),
    ] {
      let p = buffer.pointer
      for i in 0..<count { p[i * lanes + other] = p[i * lanes + lane] }
    }
  }

  /// Writes a lane's best point; one at an end of a coordinate exactly there.
  private func keep(
    lane: Int, _ fold: Fold, centre c: UnsafePointer<Float>, in point: UnsafeMutablePointer<Float>
  ) {
    let found = best.pointer + lane
    for i in 0..<fold.freeCount {
      let coordinate = fold.free[i]
      let distance = found[i * Self.lanes]
      let radius = fold.radii[i]
      let from = c[coordinate] - radius
      let to = c[coordinate] + radius
      point[coordinate] =
        distance <= -radius ? from : (distance >= radius ? to : max(from, min(to, c[coordinate] + distance)))
    }
  }

  /// Folds the classifier onto a box.
  private func fold(_ box: BoxPass, vector: Int, label: Int, parameters: Parameters) -> Fold {
    let r = box.radii[boundary].pointer + vector * size
    let (free, radii, places) = (free.room(size), radii.room(size), places.room(size))
    var freeCount = 0
    for i in 0..<size {
      places[i] = -1
      guard r[i] > 0 else { continue }
      places[i] = Int32(freeCount)
      free[freeCount] = i
      radii[freeCount] = r[i]
      freeCount += 1
    }
    let centre = box.centres[boundary + 1].pointer + vector * hidden
    let radius = box.radii[boundary + 1].pointer + vector * hidden
    let (unstable, centres) = (unstable.room(hidden), centres.room(hidden))
    var unitCount = 0
    let last = parameters.values.pointer + stack.offsets[boundary + 2]
    let biases = last + classes * hidden
    for row in 0..<classes - 1 { constants.pointer[row] = biases[otherClass(row, label: label)] - biases[label] }
    activeRows.clear()
    for unit in 0..<hidden where !(centre[unit] + radius[unit] <= 0) {
      guard centre[unit] - radius[unit] >= 0 else {
        unstable[unitCount] = unit
        centres[unitCount] = centre[unit]
        unitCount += 1
        continue
      }
      let own = last[label * hidden + unit]
      for row in 0..<classes - 1 {
        let weight = last[otherClass(row, label: label) * hidden + unit] - own
        activeRows.pointer[row * hidden + unit] = weight
        constants.pointer[row] += weight * centre[unit]
      }
    }
    let first = parameters.values.pointer + stack.offsets[boundary]
    layer.applyTransposed(first, to: activeRows.pointer, batch: classes - 1, into: pulled.pointer)
    let mostEntries = unitCount * min(freeCount, layer.fanIn)
    let fold = Fold(
      freeCount: freeCount, free: free, radii: radii, places: places, unitCount: unitCount, unstable: unstable,
      centres: centres, starts: starts.room(unitCount + 1), entryPlaces: entryPlaces.room(mostEntries),
      entries: entries.room(mostEntries))
    var count = 0
    for k in 0..<unitCount {
      fold.starts[k] = Int32(count)
      count = writeRow(of: unstable[k], first, fold, from: count)
    }
    fold.starts[unitCount] = Int32(count)
    return fold
  }

  /// Writes a unit's row of the affine layer over the free coordinates behind `start` entries.
  ///
  /// - Returns: the number of entries after that.
  private func writeRow(of unit: Int, _ weights: UnsafePointer<Float>, _ fold: Fold, from start: Int) -> Int {
    var count = start
    switch layer.map {
    case .dense:
      let from = weights + unit * size
      for i in 0..<fold.freeCount {
        fold.entryPlaces[count] = Int32(i)
        fold.entries[count] = from[fold.free[i]]
        count += 1
      }
    case .convolution(let g):
      let channel = unit / g.positions
      let position = unit % g.positions
      let groupChannels = g.channels / g.groups
      let firstChannel = channel / (g.outputChannels / g.groups) * groupChannels
      let top = position / g.outputWidth * g.strideHeight - g.padTop
      let left = position % g.outputWidth * g.strideWidth - g.padLeft
      var tap = weights + channel * g.patchCount
      for c in firstChannel..<firstChannel + groupChannels {
        for i in 0..<g.kernelHeight {
          let y = top + i * g.dilationHeight
          for j in 0..<g.kernelWidth {
            let x = left + j * g.dilationWidth
            if y >= 0, y < g.height, x >= 0, x < g.width {
              let place = fold.places[(c * g.height + y) * g.width + x]
              if place >= 0 {
                fold.entryPlaces[count] = place
                fold.entries[count] = tap.pointee
                count += 1
              }
            }
            tap += 1
          }
        }
      }
    }
    return count
  }

  private func otherClass(_ row: Int, label: Int) -> Int { row < label ? row : row + 1 }
}
