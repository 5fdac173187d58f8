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
  WIDE int ck_sparse_rows_##suffix(const T *rows, size_t count, size_t k, const T *matrix, size_t n, \
                                   T *restrict products) {                                         \
    for (size_t r = 0; r < count; r++) {                                                           \
      size_t used = 0;                                                                             \
      for (size_t i = 0; i < k; i++) used += rows[r * k + i] != 0;                                 \
      if (used > 2) return 0;                                                                      \
    }                                                                                              \
    for (size_t r = 0; r < count; r++) {                                                           \
      T a[2] = {0, 0};                                                                             \
      const T *from[2] = {matrix, matrix};                                                         \
      for (size_t i = 0, used = 0; i < k; i++)                                                     \
        if (rows[r * k + i] != 0) {                                                                \
          a[used] = rows[r * k + i];                                                               \
          from[used++] = matrix + i * n;                                                           \
        }                                                                                          \
      for (size_t i = 0; i < n; i++) products[r * n + i] = a[0] * from[0][i] + a[1] * from[1][i];  \
    }                                                                                              \
    return 1;                                                                                      \
  }                                                                                                \
  WIDE void ck_add_##suffix(T *sum, const T *values, size_t n) {                                   \
    for (size_t i = 0; i < n; i++) sum[i] += values[i];                                            \
  }

ROWS(double, f64)
ROWS(float, f32)
