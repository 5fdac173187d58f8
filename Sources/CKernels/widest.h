// Which of the versions for several kinds of vectors runs.

#include <stddef.h>

// The bytes of the widest vectors at hand.
static size_t width(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return 64;
  if (__builtin_cpu_supports("x86-64-v3")) return 32;
#endif
  return 16;
}

#if defined(__x86_64__)
#define WIDEST(call)                                                                               \
  switch (width()) {                                                                               \
    case 64: call(v4); return;                                                                     \
    case 32: call(v3); return;                                                                     \
    default: call(v1);                                                                             \
  }
#else
#define WIDEST(call) call(v1);
#endif
