#ifndef RELAX_H
#define RELAX_H

#include "CKernels.h"
#include <math.h>

// Up to three runs of n coefficients that follow each other, stored as T, replaced by ones over pre-activations: see
// ck_rows_relax.
#define RELAX_RUNS(T, name)                                                                        \
  static inline __attribute__((always_inline)) void name(                                          \
      T *restrict rows, const size_t count, const double *restrict lowerSlope,                     \
      const double *restrict lowerOffset, const double *restrict upperSlope,                       \
      const double *restrict upperOffset, const double *restrict reach, size_t n,                  \
      ck_relaxed *sums) {                                                                          \
    _Pragma("clang fp reassociate(on) contract(fast)")                                             \
    double constant[3] = {0}, magnitude[3] = {0}, met[3] = {0};                                    \
    for (size_t i = 0; i < n; i++) {                                                               \
      const double ls = lowerSlope[i], us = upperSlope[i];                                         \
      const double lo = lowerOffset[i], uo = upperOffset[i];                                       \
      _Pragma("clang loop unroll(full)")                                                           \
      for (size_t r = 0; r < count; r++) {                                                         \
        double moved, relaxed;                                                                     \
        {                                                                                          \
          /* The sums may be taken in any order; a product of three may not, it could underflow on \
             the way. All lines are read, whatever the sign, so that the choice is no branch. A    \
             coefficient that is not a number takes the lower line and stays none. */              \
          _Pragma("clang fp reassociate(off)")                                                     \
          const double a = rows[r * n + i];                                                        \
          relaxed = a * (a > 0 ? us : ls);                                                         \
          moved = a * (a > 0 ? uo : lo);                                                           \
        }                                                                                          \
        rows[r * n + i] = (T)relaxed;                                                              \
        constant[r] += moved;                                                                      \
        magnitude[r] += fabs(moved);                                                               \
        met[r] += fabs(relaxed) * reach[i];                                                        \
      }                                                                                            \
    }                                                                                              \
    for (size_t r = 0; r < count; r++) sums[r] = (ck_relaxed){constant[r], magnitude[r], met[r]};  \
  }

RELAX_RUNS(double, relax_runs_f64)
RELAX_RUNS(float, relax_runs_f32)

#endif
