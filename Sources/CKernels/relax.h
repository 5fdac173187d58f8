#ifndef RELAX_H
#define RELAX_H

#include "CKernels.h"
#include <math.h>

// One run of coefficients, stored as T, replaced by ones over pre-activations: see ck_row_relax.
#define RELAX_RUN(T, name)                                                                         \
  static inline __attribute__((always_inline)) ck_relaxed name(                                    \
      T *restrict row, const double *restrict lowerSlope, const double *restrict lowerOffset,      \
      const double *restrict upperSlope, const double *restrict upperOffset,                       \
      const double *restrict reach, size_t n) {                                                    \
    _Pragma("clang fp reassociate(on) contract(fast)")                                             \
    double constant = 0, magnitude = 0, met = 0;                                                   \
    for (size_t i = 0; i < n; i++) {                                                               \
      double moved;                                                                                \
      T relaxed;                                                                                   \
      {                                                                                            \
        /* The sums may be taken in any order; a product of three may not, it could underflow on   \
           the way. All lines are read, whatever the sign, so that the choice is no branch. A      \
           coefficient that is not a number takes the lower line and stays none. */                \
        _Pragma("clang fp reassociate(off)")                                                       \
        const double a = row[i], ls = lowerSlope[i], us = upperSlope[i];                           \
        const double lo = lowerOffset[i], uo = upperOffset[i];                                     \
        relaxed = (T)(a * (a > 0 ? us : ls));                                                      \
        moved = a * (a > 0 ? uo : lo);                                                             \
      }                                                                                            \
      row[i] = relaxed;                                                                            \
      constant += moved;                                                                           \
      magnitude += fabs(moved);                                                                    \
      met += fabs((double)relaxed) * reach[i];                                                     \
    }                                                                                              \
    return (ck_relaxed){constant, magnitude, met};                                                 \
  }

RELAX_RUN(double, relax_run_f64)
RELAX_RUN(float, relax_run_f32)

#endif
