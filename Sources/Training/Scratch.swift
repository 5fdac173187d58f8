/// Memory that grows with what is asked of it and keeps nothing between uses; like ``FloatBuffer`` it is one worker's
/// at a time.
final class Scratch<Element: BitwiseCopyable>: @unchecked Sendable {
  private var memory: UnsafeMutablePointer<Element>
  private var capacity: Int

  init() {
    capacity = 1
    memory = .allocate(capacity: 1)
  }

  deinit { memory.deallocate() }

  /// Room for so many elements, of no value in particular, until the next call.
  func room(_ count: Int) -> UnsafeMutablePointer<Element> {
    if count > capacity {
      memory.deallocate()
      capacity = count + count / 4
      memory = .allocate(capacity: capacity)
    }
    return memory
  }
}
