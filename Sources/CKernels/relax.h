#ifndef RELAX_H
#define RELAX_H

#include "CKernels.h"
#include <math.h>

// One run of coefficients replaced by ones over pre-activations: see ck_relax.
static inline __attribute__((always_inline)) ck_relaxed relax_run(double *restrict row, const double *restrict lowerSlope,
                         const double *restrict lowerOffset, const double *restrict upperSlope,
                         const double *restrict upperOffset, const double *restrict reach, size_t n) {
  _Pragma("clang fp reassociate(on) contract(fast)")
  double constant = 0, magnitude = 0, met = 0;
  for (size_t i = 0; i < n; i++) {
    double relaxed, moved;
    {
      // The sums may be taken in any order; a product of three may not, it could underflow on the way.
      _Pragma("clang fp reassociate(off)")
      // All lines are read, whatever the sign, so that the choice is no branch. A coefficient that is not a number
      // takes the lower line and stays none.
      const double a = row[i], ls = lowerSlope[i], us = upperSlope[i], lo = lowerOffset[i], uo = upperOffset[i];
      relaxed = a * (a > 0 ? us : ls);
      moved = a * (a > 0 ? uo : lo);
    }
    row[i] = relaxed;
    constant += moved;
    magnitude += fabs(moved);
    met += fabs(relaxed) * reach[i];
  }
  return (ck_relaxed){constant, magnitude, met};
}

#endif
