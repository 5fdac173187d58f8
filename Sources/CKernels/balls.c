#include "CKernels.h"
#include <float.h>
#include <math.h>

#include "clones.h"

// Each step is rounded to nearest, and what is added covers it: a factor of 1 + 4u, u = 2^-53, more than one operation
// each way.
#define UP (1 + 0x1p-51)

#define BALLS(T, suffix, up, underflow)                                                            \
  WIDE int ck_box_to_ball_##suffix(const double *restrict lower, const double *restrict upper,     \
                                   size_t n, double gamma, T *restrict centre,                     \
                                   T *restrict radius) {                                           \
    int bounded = 1;                                                                               \
    for (size_t i = 0; i < n; i++) {                                                               \
      const T c = (T)(lower[i] / 2 + upper[i] / 2);                                                \
      const double above = upper[i] - (double)c, below = (double)c - lower[i];                     \
      const double r = (above > below ? above : below) * UP;                                       \
      const double inflated = ((r + gamma * (fabs((double)c) + r)) * UP + underflow) * up;         \
      bounded &= isfinite(inflated) != 0;                                                          \
      centre[i] = c;                                                                               \
      radius[i] = (T)inflated;                                                                     \
    }                                                                                              \
    return bounded;                                                                                \
  }                                                                                                \
  WIDE void ck_ball_to_box_##suffix(const T *restrict middle, const T *restrict spread,            \
                                    const double *restrict bias, size_t n, double gamma,           \
                                    double *restrict lower, double *restrict upper) {              \
    for (size_t i = 0; i < n; i++) {                                                               \
      const double m = (double)middle[i] + bias[i];                                                \
      double w = ((double)spread[i] + gamma * (fabs(bias[i]) + fabs(m))) * (1 + gamma);            \
      w = (w * UP + underflow) * UP;                                                               \
      const double low = m - w, high = m + w;                                                      \
      const double below = low - (fabs(low) * 0x1p-52 + DBL_MIN);                             \
      const double above = high + (fabs(high) * 0x1p-52 + DBL_MIN);                           \
      /* An overflow anywhere leaves NaN or infinities: then nothing is known. */                  \
      const int known = isfinite(below) && isfinite(above);                                        \
      lower[i] = known ? below : -INFINITY;                                                        \
      upper[i] = known ? above : INFINITY;                                                         \
    }                                                                                              \
  }

BALLS(double, f64, 1, DBL_MIN)
BALLS(float, f32, (1 + 0x1p-22), FLT_MIN)

WIDE void ck_centre_radius(const double *restrict lower, const double *restrict upper, size_t n,
                           double *restrict centre, double *restrict radius) {
  for (size_t i = 0; i < n; i++) {
    const double l = lower[i], u = upper[i], half = l / 2 + u / 2;
    // Halving a subnormal may round: an element that looks like a point must be one.
    const double middle = fabs(half) <= DBL_MAX ? half : 0, c = l == u ? l : middle;
    const double above = u - c, below = c - l;
    centre[i] = c;
    // More than the difference can have been rounded; where it is subnormal, it was exact.
    radius[i] = (above > below ? above : below) * UP;
  }
}

WIDE void ck_magnitudes(const double *restrict lower, const double *restrict upper, size_t n,
                        double *restrict magnitudes) {
  for (size_t i = 0; i < n; i++) {
    const double l = fabs(lower[i]), u = fabs(upper[i]);
    magnitudes[i] = l > u ? l : u;
  }
}

WIDE double ck_largest(const double *values, size_t n) {
  _Pragma("clang fp reassociate(on)")
  double largest = 0;
  for (size_t i = 0; i < n; i++) largest = values[i] > largest ? values[i] : largest;
  return largest;
}
