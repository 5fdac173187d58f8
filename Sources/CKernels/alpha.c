#include "CKernels.h"
#include "clones.h"
#include <float.h>
#include <math.h>

// All is read, whatever the sign, so that the choice is no branch.
#define CORNER(T, name)                                                                            \
  WIDE void name(const T *coefficients, const double *lower, const double *upper, T *corner, size_t n) { \
    for (size_t i = 0; i < n; i++) {                                                               \
      const double low = lower[i], high = upper[i];                                                \
      corner[i] = (T)(coefficients[i] > 0 ? high : low);                                           \
    }                                                                                              \
  }
CORNER(double, ck_corner_f64)
CORNER(float, ck_corner_f32)

#define PUSH(T, name)                                                                              \
  WIDE void name(T *restrict values, double *restrict gradient, const T *restrict coefficients,    \
                 const double *restrict free, const double *restrict lowerSlope,                   \
                 const double *restrict lowerOffset, const double *restrict upperSlope,            \
                 const double *restrict upperOffset, size_t n) {                                   \
    for (size_t i = 0; i < n; i++) {                                                               \
      const double a = coefficients[i], z = values[i];                                             \
      const double ls = lowerSlope[i], us = upperSlope[i], lo = lowerOffset[i], uo = upperOffset[i]; \
      gradient[i] = free[i] * ((a < 0 ? a : 0) * z);                                               \
      values[i] = (T)((a > 0 ? us : ls) * z + (a > 0 ? uo : lo));                                  \
    }                                                                                              \
  }
PUSH(double, ck_push_f64)
PUSH(float, ck_push_f32)

WIDE void ck_adam_slopes(double *restrict slopes, const double *restrict gradient, double *restrict first,
                         double *restrict second, size_t n, double beta1, double beta2, double step, double epsilon) {
  for (size_t i = 0; i < n; i++) {
    const double g = fabs(gradient[i]) <= DBL_MAX ? gradient[i] : 0;
    const double mean = beta1 * first[i] + (1 - beta1) * g;
    const double square = beta2 * second[i] + (1 - beta2) * g * g;
    first[i] = mean;
    second[i] = square;
    // The builtin sets no errno, which would keep the loop from being vectorised.
    double next = slopes[i] - step * mean / (__builtin_elementwise_sqrt(square) + epsilon);
    next = next > 0 ? next : 0;
    slopes[i] = next < 1 ? next : 1;
  }
}
