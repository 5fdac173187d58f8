#include "CKernels.h"
#include <math.h>
#include <string.h>

#include "clones.h"
#include "relax.h"

// The part of a window that lies inside the image, along one axis.
typedef struct { ptrdiff_t begin, end; } span;

static span inside(ptrdiff_t start, size_t length, size_t extent) {
  span s = {start < 0 ? -start : 0, (ptrdiff_t)length};
  if (start + s.end > (ptrdiff_t)extent) s.end = (ptrdiff_t)extent - start;
  if (s.end < s.begin) s.end = s.begin;
  return s;
}

#define FOR_EACH_RUN(g)                                                                            \
  const size_t area = (g)->windowHeight * (g)->windowWidth;                                        \
  const size_t image = (g)->height * (g)->width;                                                   \
  for (size_t r = 0; r < (g)->rows; r++) {                                                         \
    const ptrdiff_t top = (g)->tops[r], left = (g)->lefts[r];                                      \
    const span ys = inside(top, (g)->windowHeight, (g)->height);                                   \
    const span xs = inside(left, (g)->windowWidth, (g)->width);                                    \
    const size_t n = (size_t)(xs.end - xs.begin);                                                  \
    for (size_t c = 0; c < (g)->channels; c++)                                                     \
      for (ptrdiff_t y = ys.begin; y < ys.end; y++) {                                              \
        const size_t at = (c * (g)->rows + r) * area + (size_t)y * (g)->windowWidth + (size_t)xs.begin; \
        const size_t to = c * image + (size_t)(top + y) * (g)->width + (size_t)(left + xs.begin);

#define END_EACH_RUN } }

WIDE void ck_windows_dot(const ck_windows *g, const double *values, const double *weights, double *sums) {
  _Pragma("clang fp reassociate(on) contract(fast)")
  FOR_EACH_RUN(g)
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += values[at + i] * weights[to + i];
    sums[r] += sum;
  END_EACH_RUN
}

WIDE void ck_windows_magnitude_dot(const ck_windows *g, const double *values, const double *weights, double *sums) {
  _Pragma("clang fp reassociate(on) contract(fast)")
  FOR_EACH_RUN(g)
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += fabs(values[at + i]) * weights[to + i];
    sums[r] += sum;
  END_EACH_RUN
}

WIDE void ck_windows_relax(const ck_windows *g, const double *lowerSlope, const double *lowerOffset,
                           const double *upperSlope, const double *upperOffset, const double *reach, double *values,
                           ck_relaxed *sums) {
  FOR_EACH_RUN(g)
    const ck_relaxed sum =
        relax_run(values + at, lowerSlope + to, lowerOffset + to, upperSlope + to, upperOffset + to, reach + to, n);
    sums[r].constant += sum.constant;
    sums[r].magnitude += sum.magnitude;
    sums[r].reach += sum.reach;
  END_EACH_RUN
}

void ck_windows_mask(const ck_windows *g, double *values) {
  const size_t area = g->windowHeight * g->windowWidth;
  for (size_t r = 0; r < g->rows; r++) {
    const span ys = inside(g->tops[r], g->windowHeight, g->height);
    const span xs = inside(g->lefts[r], g->windowWidth, g->width);
    if (ys.begin == 0 && xs.begin == 0 && ys.end == (ptrdiff_t)g->windowHeight && xs.end == (ptrdiff_t)g->windowWidth)
      continue;
    for (size_t c = 0; c < g->channels; c++) {
      double *window = values + (c * g->rows + r) * area;
      for (ptrdiff_t y = 0; y < (ptrdiff_t)g->windowHeight; y++)
        for (ptrdiff_t x = 0; x < (ptrdiff_t)g->windowWidth; x++)
          if (y < ys.begin || y >= ys.end || x < xs.begin || x >= xs.end) window[y * (ptrdiff_t)g->windowWidth + x] = 0;
    }
  }
}

void ck_windows_spread(const ck_windows *g, const double *values, double *rows) {
  FOR_EACH_RUN(g)
    memcpy(rows + r * g->channels * image + to, values + at, n * sizeof(double));
  END_EACH_RUN
}

WIDE void ck_windows_fold(const ck_windows *g, const ck_convolution *k, size_t fromHeight, size_t fromWidth,
                          const double *columns, double *values) {
  const size_t area = g->windowHeight * g->windowWidth;
  const size_t from = fromHeight * fromWidth;
  memset(values, 0, g->channels * g->rows * area * sizeof(double));
  for (size_t c = 0; c < g->channels; c++)
    for (size_t ky = 0; ky < k->kernelHeight; ky++)
      for (size_t kx = 0; kx < k->kernelWidth; kx++) {
        const double *column = columns + ((c * k->kernelHeight + ky) * k->kernelWidth + kx) * g->rows * from;
        for (size_t r = 0; r < g->rows; r++)
          for (size_t y = 0; y < fromHeight; y++) {
            const double *source = column + r * from + y * fromWidth;
            double *target = values + (c * g->rows + r) * area +
                             (y * k->strideHeight + ky * k->dilationHeight) * g->windowWidth + kx * k->dilationWidth;
            for (size_t x = 0; x < fromWidth; x++) target[x * k->strideWidth] += source[x];
          }
      }
}
