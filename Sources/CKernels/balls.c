#include "CKernels.h"
#include <float.h>
#include <math.h>

#include "clones.h"

// Each step is rounded to nearest, and what is added covers it: a factor of 1 + 4u, u = 2^-53, more than one operation
// each way.
#define UP (1 + 0x1p-51)

// What is computed of each element is a sum of products with factors that are the same for all, which hold everything
// that rounding may take: UP cubed covers more than the rounding of the factors, that of a difference or sum before, and
// two products and two sums. What is lost to underflow is below the smallest normal number.
//
// The radius of a box: r(1 + gamma) + gamma|c|, and `up` more where it is rounded once more.
//
// The box of a ball: w = (spread + gamma(|b| + |m|))(1 + gamma), and the last differences round by another u(|m| + w).
#define BALLS(T, suffix, up, underflow)                                                            \
  WIDE int ck_box_to_ball_##suffix(const double *restrict lower, const double *restrict upper,     \
                                   size_t n, double gamma, T *restrict centre,                     \
                                   T *restrict radius) {                                           \
    const double ofRadius = (1 + gamma) * (UP * UP * UP * up);                                     \
    const double ofCentre = gamma * (UP * UP * UP * up);                                           \
    size_t unbounded = 0;                                                                          \
    for (size_t i = 0; i < n; i++) {                                                               \
      const T c = (T)(lower[i] / 2 + upper[i] / 2);                                                \
      const double above = upper[i] - (double)c, below = (double)c - lower[i];                     \
      const double r = above > below ? above : below;                                              \
      const double inflated = r * ofRadius + (fabs((double)c) * ofCentre + 2 * (underflow));       \
      unbounded += !(inflated <= DBL_MAX);                                                         \
      centre[i] = c;                                                                               \
      radius[i] = (T)inflated;                                                                     \
    }                                                                                              \
    return unbounded == 0;                                                                         \
  }                                                                                                \
  WIDE void ck_ball_to_box_##suffix(const T *restrict middle, const T *restrict spread,            \
                                    const double *restrict bias, size_t n, double gamma,           \
                                    double *restrict lower, double *restrict upper) {              \
    const double ofSpread = (1 + gamma) * (UP * UP * UP);                                          \
    const double ofMiddle = (gamma * (1 + gamma) + 0x1p-51) * (UP * UP * UP);                      \
    for (size_t i = 0; i < n; i++) {                                                               \
      const double b = bias[i], m = (double)middle[i] + b;                                         \
      const double w =                                                                             \
          (double)spread[i] * ofSpread + ((fabs(b) + fabs(m)) * ofMiddle + 2 * (underflow));       \
      const double low = m - w, high = m + w;                                                      \
      /* An overflow anywhere leaves NaN or infinities: then nothing is known. */                  \
      const int known = (low >= -DBL_MAX) & (high <= DBL_MAX);                                     \
      lower[i] = known ? low : -INFINITY;                                                          \
      upper[i] = known ? high : INFINITY;                                                          \
    }                                                                                              \
  }

BALLS(double, f64, 1, DBL_MIN)
BALLS(float, f32, (1 + 0x1p-22), FLT_MIN)

// The corner of a box: where rounding went up, more than it can have been is taken off. What extends above is rounded by
// the difference, by a product and by `up`.
//
// The box of a corner: factors hold everything that rounding may take, as above, and the last sums round by another
// 2u|m|. What is lost to underflow in the products is met by the coefficients' error once more.
#define CORNERS(T, suffix, up, underflow)                                                          \
  WIDE int ck_box_to_corner_##suffix(const double *restrict lower, const double *restrict upper,   \
                                     size_t n, T *restrict corner, T *restrict extent) {           \
    size_t unbounded = 0;                                                                          \
    for (size_t i = 0; i < n; i++) {                                                               \
      const double l = lower[i];                                                                   \
      const T near = (T)l, below = (T)(l - (fabs(l) * 0x1p-22 + 2 * (underflow)));                 \
      const T c = (double)near > l ? below : near;                                                 \
      const double inflated = (upper[i] - (double)c) * (UP * up) + 2 * (underflow);                \
      unbounded += !((fabs((double)c) <= DBL_MAX) & (inflated >= 0) & (inflated <= DBL_MAX));      \
      if (corner) corner[i] = c;                                                                   \
      extent[i] = (T)inflated;                                                                     \
    }                                                                                              \
    return unbounded == 0;                                                                         \
  }                                                                                                \
  WIDE void ck_corner_magnitudes_##suffix(T *corner, size_t n) {                                   \
    for (size_t i = 0; i < n; i++) corner[i] = corner[i] < 0 ? -corner[i] : corner[i];             \
  }                                                                                                \
  WIDE void ck_corner_to_box_##suffix(                                                             \
      const T *restrict middle, const T *restrict reach, const T *restrict positives,              \
      const T *restrict negatives, const double *restrict bias, size_t n, double gamma,            \
      double ofReach, double share, double *restrict lower, double *restrict upper) {              \
    const double own = (1 + gamma) * (UP * UP * UP), both = share * (1 + gamma) * (UP * UP * UP);  \
    const double around = ofReach * (UP * UP * UP), lost = 2 * (underflow) * (1 + share);          \
    for (size_t i = 0; i < n; i++) {                                                               \
      const double p = positives[i], q = negatives[i], b = bias[i];                                \
      const double m = (middle ? (double)middle[i] : 0) + b;                                       \
      const double rest = (p + q) * both + (reach ? (double)reach[i] * around : 0) +               \
                          (fabs(m) * 0x1p-50 + lost);                                              \
      const double low = m - (q * own + rest), high = m + (p * own + rest);                        \
      const int known = (low >= -DBL_MAX) & (high <= DBL_MAX);                                     \
      lower[i] = known ? low : -INFINITY;                                                          \
      upper[i] = known ? high : INFINITY;                                                          \
    }                                                                                              \
  }

CORNERS(double, f64, 1, DBL_MIN)
CORNERS(float, f32, (1 + 0x1p-22), FLT_MIN)

WIDE size_t ck_nonzeros(const double *values, size_t n) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) count += values[i] != 0;
  return count;
}

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

WIDE double ck_total(const double *values, size_t n) {
  _Pragma("clang fp reassociate(on)")
  double total = 0;
  for (size_t i = 0; i < n; i++) total += values[i];
  return total;
}

WIDE int ck_all_finite(const double *restrict lower, const double *restrict upper, size_t n) {
  size_t infinite = 0;
  for (size_t i = 0; i < n; i++) infinite += !((fabs(lower[i]) <= DBL_MAX) & (fabs(upper[i]) <= DBL_MAX));
  return infinite == 0;
}
