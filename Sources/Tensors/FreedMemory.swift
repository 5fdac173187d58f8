import CKernels

/// What becomes of memory that is no longer used.
public enum FreedMemory {
  /// Keeps it for the next arrays of its size instead of giving it back to the system, which would clear it anew.
  ///
  /// For a process that computes and ends; to be called at its start.
  public static func keep() { ck_keep_freed_memory() }
}
