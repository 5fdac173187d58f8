#include "convolution.h"

#include <string.h>

// The even elements of one vector and the odd ones of another, and the two halves of their elements in turn.
#define SHUFFLED __builtin_shufflevector
#define EVEN_ODD_2(a, b) SHUFFLED(a, b, 0, 3)
#define LOW_2(a, b) SHUFFLED(a, b, 0, 2)
#define HIGH_2(a, b) SHUFFLED(a, b, 1, 3)
#define EVEN_ODD_4(a, b) SHUFFLED(a, b, 0, 2, 5, 7)
#define LOW_4(a, b) SHUFFLED(a, b, 0, 4, 1, 5)
#define HIGH_4(a, b) SHUFFLED(a, b, 2, 6, 3, 7)
#define EVEN_ODD_8(a, b) SHUFFLED(a, b, 0, 2, 4, 6, 9, 11, 13, 15)
#define LOW_8(a, b) SHUFFLED(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH_8(a, b) SHUFFLED(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define EVEN_ODD_16(a, b) SHUFFLED(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31)
#define LOW_16(a, b) SHUFFLED(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH_16(a, b) SHUFFLED(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

#if defined(__x86_64__)

#define TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define T double
#define LANES 8
#define SUFFIX f64_v4
#include "convolution_template.h"
#define T float
#define LANES 16
#define SUFFIX f32_v4
#include "convolution_template.h"
#undef TARGET

#define TARGET __attribute__((target("arch=x86-64-v3")))
#define T double
#define LANES 4
#define SUFFIX f64_v3
#include "convolution_template.h"
#define T float
#define LANES 8
#define SUFFIX f32_v3
#include "convolution_template.h"
#undef TARGET

#endif

// Any other processor: the vectors of SSE2 and of NEON.
#define TARGET
#define T double
#define LANES 2
#define SUFFIX f64_v1
#include "convolution_template.h"
#define T float
#define LANES 4
#define SUFFIX f32_v1
#include "convolution_template.h"
#undef TARGET

// The bytes of the widest vectors at hand.
static size_t width(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return 64;
  if (__builtin_cpu_supports("x86-64-v3")) return 32;
#endif
  return 16;
}

size_t ck_convolve_workspace(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch,
                             int transposed, size_t elementBytes) {
  const size_t lanes = width() / elementBytes;
  const ck_plan p = ck_plan_make(g, outputChannels, groups, batch, transposed, elementBytes, lanes);
  if (p.bytes == 0) return 0;
  const ck_plan q = ck_plan_interleaved(g, outputChannels, groups, batch, transposed, elementBytes, lanes);
  return p.bytes > q.bytes ? p.bytes : q.bytes;
}

#if defined(__x86_64__)
#define WIDER(suffix)                                                                              \
  case 64: convolve_##suffix##_v4(p, weights, source, result, workspace); return;                  \
  case 32: convolve_##suffix##_v3(p, weights, source, result, workspace); return;
#else
#define WIDER(suffix)
#endif

#define CONVOLVE(T, suffix)                                                                        \
  static void run_##suffix(const ck_plan *p, const T *weights, const T *source, T *result,         \
                           void *workspace) {                                                      \
    switch (width()) {                                                                             \
      WIDER(suffix)                                                                                \
      default: convolve_##suffix##_v1(p, weights, source, result, workspace);                      \
    }                                                                                              \
  }                                                                                                \
  void ck_convolve_##suffix(const ck_convolution *g, size_t outputChannels, size_t groups,         \
                            size_t batch, int transposed, const T *weights, const T *source,       \
                            T *result, void *workspace) {                                          \
    const size_t lanes = width() / sizeof(T);                                                      \
    ck_plan p = ck_plan_interleaved(g, outputChannels, groups, batch, transposed, sizeof(T), lanes); \
    if (p.bytes > 0) {                                                                             \
      run_##suffix(&p, weights, source, result, workspace);                                        \
      source += p.batch * p.inner * groups * p.sourceArea;                                         \
      result += p.batch * p.outer * groups * p.resultArea;                                         \
      batch -= p.batch;                                                                            \
      if (batch == 0) return;                                                                      \
    }                                                                                              \
    p = ck_plan_make(g, outputChannels, groups, batch, transposed, sizeof(T), lanes);              \
    run_##suffix(&p, weights, source, result, workspace);                                          \
  }

CONVOLVE(double, f64)
CONVOLVE(float, f32)
