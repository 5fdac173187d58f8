/// A fixed block of single-precision numbers with one owner, zero at first.
///
/// Workers share buffers without locks: a training step runs in phases, and in each phase one worker alone
/// writes a given buffer while nobody reads it. That rule, kept by ``BatchGradient``, is what makes sharing
/// safe.
final class FloatBuffer: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    self.count = count
    pointer = .allocate(capacity: max(1, count))
    pointer.initialize(repeating: 0, count: max(1, count))
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count)
    copy(values)
  }

  deinit { pointer.deallocate() }

  /// Overwrites all elements.
  func copy(_ values: [Float]) {
    precondition(values.count == count, "\(values.count) values for a buffer of \(count)")
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      pointer.update(from: base, count: count)
    }
  }

  /// Sets all elements to zero.
  func clear() { pointer.update(repeating: 0, count: count) }

  /// A copy of the elements.
  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
