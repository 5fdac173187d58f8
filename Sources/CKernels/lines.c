#include "CKernels.h"
#include <float.h>
#include <math.h>

#include "clones.h"

WIDE size_t ck_relu_lines(const double *restrict lower, const double *restrict upper, size_t n, int mode,
                          double *restrict lowerSlope, double *restrict upperSlope, double *restrict upperOffset,
                          double *restrict reach) {
  _Pragma("clang fp contract(off)")
  const double atLeast = mode == 2 ? 1 : 0, adaptive = mode == 0 ? 1 : 0;
  size_t offsets = 0;
  for (size_t i = 0; i < n; i++) {
    const double l = lower[i], u = upper[i];
    const double width = u - l, share = u / width;
    const int bounded = isfinite(width);
    const double slope = bounded ? (share < 1 ? share : 1) : 0;
    // The line must lie above (l, 0) and (u, u) in real arithmetic; each result is moved up by more than its rounding.
    const double left = -slope * l * (1 + 0x1p-51) + DBL_MIN;
    const double below = slope * u * (1 - 0x1p-51) - DBL_MIN;
    const double right = (u - below) * (1 + 0x1p-51);
    const double offset = bounded ? (left > right ? left : right) : u;
    const int unstable = (l < 0) & (u > 0);
    const double active = ((l >= 0) & (u > 0)) ? 1 : 0;
    const double under = u > -l ? (adaptive > atLeast ? adaptive : atLeast) : atLeast;
    lowerSlope[i] = unstable ? under : active;
    upperSlope[i] = unstable ? slope : active;
    upperOffset[i] = unstable ? offset : 0;
    reach[i] = (unstable & bounded) ? (u > -l ? u : -l) : 0;
    offsets += unstable;
  }
  return offsets;
}

WIDE void ck_relu(const double *restrict values, double *restrict outputs, size_t n) {
  for (size_t i = 0; i < n; i++) outputs[i] = values[i] > 0 ? values[i] : 0;
}
