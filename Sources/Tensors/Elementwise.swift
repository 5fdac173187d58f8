/// Arrays made element by element from two others, in loops that vectorise: without bounds checks and without the
/// iterators of `zip`.
///
/// - Parameter body: what is computed of each pair; free of side effects.
/// - Precondition: both have the same number of elements.
@inlinable @inline(__always)
public func elementwise<A, B, Result>(_ a: [A], _ b: [B], _ body: (A, B) -> Result) -> [Result] {
  precondition(a.count == b.count, "\(a.count) and \(b.count) elements")
  return [Result](unsafeUninitializedCapacity: a.count) { result, count in
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        for i in 0..<a.count { result.initializeElement(at: i, to: body(a[i], b[i])) }
      }
    }
    count = a.count
  }
}
