#include "CKernels.h"
#include <string.h>

// For one kernel offset, the output columns whose input column lies inside the image are a range:
// it is computed once, so that the inner loops carry no test.
static void inside(size_t outputs, size_t stride, size_t pad, size_t offset, size_t size,
                   size_t *first, size_t *end) {
  // Input index = o*stride + offset - pad, wanted in [0, size).
  size_t lo = offset >= pad ? 0 : (pad - offset + stride - 1) / stride;
  size_t hi = size + pad > offset ? (size + pad - offset - 1) / stride + 1 : 0;
  *first = lo < outputs ? lo : outputs;
  *end = hi < outputs ? hi : outputs;
  if (*end < *first) *end = *first;
}

#define LOWERING(T, unfold, fold)                                                                  \
  void unfold(const ck_convolution *g, const T *image, T *columns) {                               \
    const size_t positions = g->outputHeight * g->outputWidth;                                     \
    for (size_t c = 0; c < g->channels; c++)                                                       \
      for (size_t i = 0; i < g->kernelHeight; i++)                                                 \
        for (size_t j = 0; j < g->kernelWidth; j++) {                                              \
          T *row = columns + ((c * g->kernelHeight + i) * g->kernelWidth + j) * positions;         \
          size_t y0, y1, x0, x1;                                                                   \
          const size_t di = i * g->dilationHeight, dj = j * g->dilationWidth;                      \
          inside(g->outputHeight, g->strideHeight, g->padTop, di, g->height, &y0, &y1);            \
          inside(g->outputWidth, g->strideWidth, g->padLeft, dj, g->width, &x0, &x1);              \
          if (y0 > 0 || y1 < g->outputHeight || x0 > 0 || x1 < g->outputWidth)                     \
            memset(row, 0, positions * sizeof(T));                                                 \
          if (x0 >= x1) continue;                                                                  \
          for (size_t y = y0; y < y1; y++) {                                                       \
            const T *from = image + (c * g->height + y * g->strideHeight + di - g->padTop) * g->width \
                            + (x0 * g->strideWidth + dj - g->padLeft);                             \
            T *to = row + y * g->outputWidth + x0;                                                 \
            const size_t n = x1 - x0, s = g->strideWidth;                                          \
            if (s == 1) memcpy(to, from, n * sizeof(T));                                           \
            else for (size_t x = 0; x < n; x++) to[x] = from[x * s];                               \
          }                                                                                        \
        }                                                                                          \
  }                                                                                                \
  void fold(const ck_convolution *g, const T *columns, T *image) {                                 \
    const size_t positions = g->outputHeight * g->outputWidth;                                     \
    for (size_t c = 0; c < g->channels; c++)                                                       \
      for (size_t i = 0; i < g->kernelHeight; i++)                                                 \
        for (size_t j = 0; j < g->kernelWidth; j++) {                                              \
          const T *row = columns + ((c * g->kernelHeight + i) * g->kernelWidth + j) * positions;   \
          size_t y0, y1, x0, x1;                                                                   \
          const size_t di = i * g->dilationHeight, dj = j * g->dilationWidth;                      \
          inside(g->outputHeight, g->strideHeight, g->padTop, di, g->height, &y0, &y1);            \
          inside(g->outputWidth, g->strideWidth, g->padLeft, dj, g->width, &x0, &x1);              \
          if (x0 >= x1) continue;                                                                  \
          for (size_t y = y0; y < y1; y++) {                                                       \
            T *to = image + (c * g->height + y * g->strideHeight + di - g->padTop) * g->width      \
                    + (x0 * g->strideWidth + dj - g->padLeft);                                     \
            const T *from = row + y * g->outputWidth + x0;                                         \
            const size_t n = x1 - x0, s = g->strideWidth;                                          \
            for (size_t x = 0; x < n; x++) to[x * s] += from[x];                                   \
          }                                                                                        \
        }                                                                                          \
  }

LOWERING(double, ck_unfold_f64, ck_fold_f64)
LOWERING(float, ck_unfold_f32, ck_fold_f32)
