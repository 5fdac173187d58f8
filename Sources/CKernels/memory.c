#include "CKernels.h"
// Any header of the C library tells which one it is.
#include <limits.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

void ck_keep_freed_memory(void) {
#ifdef __GLIBC__
  // Blocks beyond the first threshold would be mapped and unmapped each time, and each page of them cleared by the
  // system at its first touch: on networks of tens of thousands of units that takes as long as the arithmetic.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}
