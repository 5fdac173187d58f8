#include "clones.h"
#include "convolution.h"
#include "parts.h"
#include "scatter.h"

#include <string.h>

// A part of a first-level cache for what a gradient's block reads of four results.
static const size_t gradientBytes = 14 << 10;

#include "shuffles.h"

#if defined(__x86_64__)

#include "compress.h"

#define TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define T double
#define LANES 8
#define SUFFIX f64_v4
#define COMPRESS compress_f64
#include "products_template.h"
#define T float
#define LANES 16
#define SUFFIX f32_v4
#define COMPRESS compress_f32
#include "products_template.h"
#undef TARGET

#define TARGET __attribute__((target("arch=x86-64-v3")))
#define T double
#define LANES 4
#define SUFFIX f64_v3
#include "products_template.h"
#define T float
#define LANES 8
#define SUFFIX f32_v3
#include "products_template.h"
#undef TARGET

#endif

// Any other processor: the vectors of SSE2 and of NEON.
#define TARGET
#define T double
#define LANES 2
#define SUFFIX f64_v1
#include "products_template.h"
#define T float
#define LANES 4
#define SUFFIX f32_v1
#include "products_template.h"
#undef TARGET

#include "widest.h"

size_t ck_convolve_workspace(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch,
                             int transposed, size_t elementBytes) {
  const size_t lanes = width() / elementBytes;
  const ck_plan p = ck_plan_make(g, outputChannels, groups, batch, transposed, elementBytes, lanes);
  if (p.bytes == 0) return 0;
  const ck_plan q = ck_plan_interleaved(g, outputChannels, groups, batch, transposed, elementBytes, lanes);
  const ck_scatter r = ck_scatter_make(g, outputChannels, groups, transposed, elementBytes, lanes);
  const size_t dense = p.bytes > q.bytes ? p.bytes : q.bytes;
  return dense > r.bytes ? dense : r.bytes;
}

size_t ck_convolution_gradient_workspace(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch,
                                         size_t elementBytes) {
  const size_t lanes = width() / elementBytes;
  const ck_plan p = ck_plan_gradient(g, outputChannels, groups, batch, elementBytes, lanes);
  if (p.bytes == 0) return 0;
  return p.bytes + p.groups * p.outer * (p.resultArea + p.inner * p.taps) * width();
}

#define CONVOLVE_f64(v) convolve_f64_##v(p, weights, source, result, workspace)
#define CONVOLVE_f32(v) convolve_f32_##v(p, weights, source, result, workspace)

#define SCATTER_f64(v) scatter_f64_##v(p, batch, weights, source, result, workspace)
#define SCATTER_f32(v) scatter_f32_##v(p, batch, weights, source, result, workspace)

// The share of zeros, in eighths, from which on passing them over pays for all else: double precision has twice as many
// vectors. Where images can be interleaved it pays from half of them on, a third when transposed. Whether an image is
// passed over must not depend on how many come with it, for both ways add up in different orders: so it does not even
// where these are too few to be interleaved.
static const size_t sparseFrom_f32 = 1, sparseFrom_f64 = 2;
static size_t sparseFrom(size_t alone, int interleaves, int transposed) {
  return !interleaves ? alone : transposed ? 3 : 4;
}

#define CONVOLVE(T, suffix)                                                                        \
  WIDE static int is_sparse_##suffix(const T *source, size_t n, size_t eighths) {                  \
    size_t zeros = 0;                                                                              \
    for (size_t i = 0; i < n; i++) zeros += source[i] == 0;                                        \
    return 8 * zeros >= eighths * n;                                                               \
  }                                                                                                \
  static void run_scatter_##suffix(const ck_scatter *p, size_t batch, const T *weights,            \
                                   const T *source, T *result, void *workspace) {                  \
    WIDEST(SCATTER_##suffix)                                                                       \
  }                                                                                                \
  static void run_##suffix(const ck_plan *p, const T *weights, const T *source, T *result,         \
                           void *workspace) {                                                      \
    WIDEST(CONVOLVE_##suffix)                                                                      \
  }                                                                                                \
  static void convolve_dense_##suffix(const ck_convolution *g, size_t outputChannels, size_t groups, \
                                      size_t batch, int transposed, const T *weights,              \
                                      const T *source, T *result, void *workspace) {               \
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
  }                                                                                                \
  void ck_convolve_##suffix(const ck_convolution *g, size_t outputChannels, size_t groups,         \
                            size_t batch, int transposed, const T *weights, const T *source,       \
                            T *result, void *workspace) {                                          \
    const size_t lanes = width() / sizeof(T);                                                      \
    const ck_scatter p = ck_scatter_make(g, outputChannels, groups, transposed, sizeof(T), lanes); \
    if (p.bytes == 0) {                                                                            \
      convolve_dense_##suffix(g, outputChannels, groups, batch, transposed, weights, source, result, workspace); \
      return;                                                                                      \
    }                                                                                              \
    const size_t from = groups * p.inner * p.sourceArea, to = groups * p.outer * p.resultArea;     \
    const int interleaves =                                                                        \
        ck_plan_interleaved(g, outputChannels, groups, lanes, transposed, sizeof(T), lanes).bytes > 0; \
    const size_t eighths = sparseFrom(sparseFrom_##suffix, interleaves, transposed);               \
    int isSparse = batch > 0 && is_sparse_##suffix(source, from, eighths);                         \
    while (batch > 0) {                                                                            \
      /* As many as go the same way. */                                                            \
      size_t count = 1;                                                                            \
      int isNextSparse = !isSparse;                                                                \
      while (count < batch &&                                                                      \
             (isNextSparse = is_sparse_##suffix(source + count * from, from, eighths)) == isSparse) count++; \
      if (isSparse)                                                                                \
        run_scatter_##suffix(&p, count, weights, source, result, workspace);                       \
      else                                                                                         \
        convolve_dense_##suffix(g, outputChannels, groups, count, transposed, weights, source, result, workspace); \
      source += count * from;                                                                      \
      result += count * to;                                                                        \
      batch -= count;                                                                              \
      isSparse = isNextSparse;                                                                     \
    }                                                                                              \
  }

#define GRADIENT_f64(v) convolution_gradient_f64_##v(&p, images, results, weights, workspace)
#define GRADIENT_f32(v) convolution_gradient_f32_##v(&p, images, results, weights, workspace)

#define GRADIENT(T, suffix)                                                                        \
  static void run_gradient_##suffix(ck_plan p, const T *images, const T *results, T *weights,      \
                                    void *workspace) {                                             \
    WIDEST(GRADIENT_##suffix)                                                                      \
  }                                                                                                \
  size_t ck_convolution_gradient_##suffix(const ck_convolution *g, size_t outputChannels, size_t groups, \
                                          size_t batch, const T *images, const T *results, T *weights,   \
                                          void *workspace) {                                             \
    const ck_plan p = ck_plan_gradient(g, outputChannels, groups, batch, sizeof(T), width() / sizeof(T)); \
    run_gradient_##suffix(p, images, results, weights, workspace);                                 \
    return p.batch;                                                                                \
  }

GRADIENT(double, f64)
GRADIENT(float, f32)

CONVOLVE(double, f64)
CONVOLVE(float, f32)

size_t ck_parts_list_bytes(const ck_convolution *g, size_t outputChannels, size_t groups, size_t elementBytes) {
  return ck_parts_make(g, outputChannels, groups, elementBytes, width() / elementBytes).listBytes;
}

size_t ck_parts_workspace(const ck_convolution *g, size_t outputChannels, size_t groups, size_t elementBytes) {
  return ck_parts_make(g, outputChannels, groups, elementBytes, width() / elementBytes).bytes;
}

#define LIST_PARTS_f64(v) list_parts_f64_##v(&p, weights, list)
#define LIST_PARTS_f32(v) list_parts_f32_##v(&p, weights, list)
#define CONVOLVE_PARTS_f64(v) convolve_parts_f64_##v(&p, batch, list, images, positives, negatives, workspace)
#define CONVOLVE_PARTS_f32(v) convolve_parts_f32_##v(&p, batch, list, images, positives, negatives, workspace)

#define PARTS(T, suffix)                                                                           \
  void ck_list_parts_##suffix(const ck_convolution *g, size_t outputChannels, size_t groups,       \
                              const T *weights, void *list) {                                      \
    const ck_parts p = ck_parts_make(g, outputChannels, groups, sizeof(T), width() / sizeof(T));   \
    WIDEST(LIST_PARTS_##suffix)                                                                    \
  }                                                                                                \
  void ck_convolve_parts_##suffix(const ck_convolution *g, size_t outputChannels, size_t groups,   \
                                  size_t batch, const void *list, const T *images, T *positives,   \
                                  T *negatives, void *workspace) {                                 \
    const ck_parts p = ck_parts_make(g, outputChannels, groups, sizeof(T), width() / sizeof(T));   \
    WIDEST(CONVOLVE_PARTS_##suffix)                                                                \
  }

PARTS(double, f64)
PARTS(float, f32)

size_t ck_windows_pull_workspace(const ck_convolution *g, size_t outputs, size_t fromHeight, size_t fromWidth) {
  const size_t height = (fromHeight - 1) * g->strideHeight + (g->kernelHeight - 1) * g->dilationHeight + 1;
  const size_t spread = (fromWidth - 1) * g->strideWidth + (g->kernelWidth - 1) * g->dilationWidth + 1;
  return (fromHeight * fromWidth * outputs + height * spread * g->channels) * width();
}

#define PULL_f64(v) pull_windows_f64_##v(g, outputs, fromHeight, fromWidth, rows, kernels, from, to, workspace)
#define PULL_f32(v) pull_windows_f32_##v(g, outputs, fromHeight, fromWidth, rows, kernels, from, to, workspace)
#define BALLS_f64(v) dense_balls_f64_##v(weights, rows, k, batch, centres, radii, middles, spreads)
#define BALLS_f32(v) dense_balls_f32_##v(weights, rows, k, batch, centres, radii, middles, spreads)

#define PRODUCTS(T, suffix)                                                                        \
  void ck_windows_pull_##suffix(const ck_convolution *g, size_t outputs, size_t fromHeight,        \
                                size_t fromWidth, size_t rows, const T *kernels, const T *from,    \
                                T *to, void *workspace) {                                          \
    WIDEST(PULL_##suffix)                                                                          \
  }                                                                                                \
  void ck_dense_balls_##suffix(const T *weights, size_t rows, size_t k, size_t batch,              \
                               const T *centres, const T *radii, T *middles, T *spreads) {         \
    WIDEST(BALLS_##suffix)                                                                         \
  }

PRODUCTS(double, f64)
PRODUCTS(float, f32)
