#include "CKernels.h"
#include <math.h>

#include "clones.h"
#include "relax.h"

// Rows in blocks of three, which read what is common to all of them once, and whose sums do not wait for each other.
#define BY_THREES(count, WHOLE)                                                                    \
  size_t r = 0;                                                                                    \
  for (; r + 3 <= count; r += 3) WHOLE(r, 3);                                                      \
  for (; r < count; r++) WHOLE(r, 1);

#define ROWS(T, suffix)                                                                            \
  static inline __attribute__((always_inline)) void sum_##suffix(                                  \
      const T *restrict rows, const size_t count, const double *restrict values,                   \
      const double *restrict reach, size_t n, ck_row_sums *sums) {                                 \
    _Pragma("clang fp reassociate(on) contract(fast)")                                             \
    double value[3] = {0}, met[3] = {0};                                                           \
    for (size_t i = 0; i < n; i++) {                                                               \
      _Pragma("clang loop unroll(full)")                                                           \
      for (size_t r = 0; r < count; r++) {                                                         \
        const double a = rows[r * n + i];                                                          \
        value[r] += a * values[i];                                                                 \
        met[r] += fabs(a) * reach[i];                                                              \
      }                                                                                            \
    }                                                                                              \
    for (size_t r = 0; r < count; r++) sums[r] = (ck_row_sums){value[r], met[r]};                  \
  }                                                                                                \
  WIDE void ck_rows_sum_##suffix(const T *rows, size_t count, const double *values,                \
                                 const double *reach, size_t n, ck_row_sums *sums) {               \
    BY_THREES(count, SUM_##suffix)                                                                 \
  }                                                                                                \
  static inline __attribute__((always_inline)) void largest_##suffix(                              \
      const T *restrict rows, const size_t count, const double *restrict centre,                   \
      const double *restrict radius, size_t n, ck_row_sums *sums) {                                \
    _Pragma("clang fp reassociate(on) contract(fast)")                                             \
    double value[3] = {0}, met[3] = {0};                                                           \
    for (size_t i = 0; i < n; i++) {                                                               \
      const double c = centre[i], s = radius[i], farthest = fabs(c) + s;                           \
      _Pragma("clang loop unroll(full)")                                                           \
      for (size_t r = 0; r < count; r++) {                                                         \
        const double a = rows[r * n + i];                                                          \
        value[r] += a * c + fabs(a) * s;                                                           \
        met[r] += fabs(a) * farthest;                                                              \
      }                                                                                            \
    }                                                                                              \
    for (size_t r = 0; r < count; r++) sums[r] = (ck_row_sums){value[r], met[r]};                  \
  }                                                                                                \
  WIDE void ck_rows_largest_##suffix(const T *rows, size_t count, const double *centre,            \
                                     const double *radius, size_t n, ck_row_sums *sums) {          \
    BY_THREES(count, LARGEST_##suffix)                                                             \
  }                                                                                                \
  WIDE double ck_row_reach_##suffix(const T *row, const double *reach, size_t n) {                 \
    _Pragma("clang fp reassociate(on) contract(fast)")                                             \
    double met = 0;                                                                                \
    for (size_t i = 0; i < n; i++) met += fabs((double)row[i]) * reach[i];                         \
    return met;                                                                                    \
  }                                                                                                \
  WIDE void ck_rows_relax_##suffix(T *rows, size_t count, const double *lowerSlope,                \
                                   const double *lowerOffset, const double *upperSlope,            \
                                   const double *upperOffset, const double *reach, size_t n,       \
                                   ck_relaxed *sums) {                                             \
    BY_THREES(count, RELAX_##suffix)                                                               \
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

#define SUM_f64(r, k) sum_f64(rows + r * n, k, values, reach, n, sums + r)
#define SUM_f32(r, k) sum_f32(rows + r * n, k, values, reach, n, sums + r)
#define LARGEST_f64(r, k) largest_f64(rows + r * n, k, centre, radius, n, sums + r)
#define LARGEST_f32(r, k) largest_f32(rows + r * n, k, centre, radius, n, sums + r)
#define RELAX_f64(r, k)                                                                            \
  relax_runs_f64(rows + r * n, k, lowerSlope, lowerOffset, upperSlope, upperOffset, reach, n, sums + r)
#define RELAX_f32(r, k)                                                                            \
  relax_runs_f32(rows + r * n, k, lowerSlope, lowerOffset, upperSlope, upperOffset, reach, n, sums + r)

ROWS(double, f64)
ROWS(float, f32)
