#include "CKernels.h"
#include <math.h>

#include "clones.h"
#include "relax.h"

#define ROWS(T, suffix)                                                                            \
  WIDE ck_row_sums ck_row_sum_##suffix(const T *row, const double *values, const double *reach,    \
                                       size_t n) {                                                 \
    _Pragma("clang fp reassociate(on) contract(fast)")                                             \
    double value = 0, met = 0;                                                                     \
    for (size_t i = 0; i < n; i++) {                                                               \
      const double a = row[i];                                                                     \
      value += a * values[i];                                                                      \
      met += fabs(a) * reach[i];                                                                   \
    }                                                                                              \
    return (ck_row_sums){value, met};                                                              \
  }                                                                                                \
  WIDE ck_row_sums ck_row_largest_##suffix(const T *row, const double *centre,                     \
                                           const double *radius, size_t n) {                       \
    _Pragma("clang fp reassociate(on) contract(fast)")                                             \
    double value = 0, met = 0;                                                                     \
    for (size_t i = 0; i < n; i++) {                                                               \
      const double a = row[i];                                                                     \
      value += a * centre[i] + fabs(a) * radius[i];                                                \
      met += fabs(a) * (fabs(centre[i]) + radius[i]);                                              \
    }                                                                                              \
    return (ck_row_sums){value, met};                                                              \
  }                                                                                                \
  WIDE double ck_row_reach_##suffix(const T *row, const double *reach, size_t n) {                 \
    _Pragma("clang fp reassociate(on) contract(fast)")                                             \
    double met = 0;                                                                                \
    for (size_t i = 0; i < n; i++) met += fabs((double)row[i]) * reach[i];                         \
    return met;                                                                                    \
  }                                                                                                \
  WIDE ck_relaxed ck_row_relax_##suffix(T *row, const double *lowerSlope,                          \
                                        const double *lowerOffset, const double *upperSlope,       \
                                        const double *upperOffset, const double *reach, size_t n) { \
    return relax_run_##suffix(row, lowerSlope, lowerOffset, upperSlope, upperOffset, reach, n);    \
  }                                                                                                \
  WIDE void ck_add_##suffix(T *sum, const T *values, size_t n) {                                   \
    for (size_t i = 0; i < n; i++) sum[i] += values[i];                                            \
  }

ROWS(double, f64)
ROWS(float, f32)
