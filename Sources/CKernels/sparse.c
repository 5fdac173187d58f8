#include "CKernels.h"
#include <math.h>
#include <string.h>

// What a row reads lies anywhere, so that vectors gain nothing: one sum after the other, each in the order of its terms.
// Vectors that are pulled back are often nearly all zeros themselves, which are passed over.
#define SPARSE(T, suffix)                                                                          \
  static inline T coefficient_##suffix(T value, int magnitudes) {                                  \
    return magnitudes ? (T)fabs((double)value) : value;                                            \
  }                                                                                                \
  void ck_sparse_product_##suffix(const int32_t *starts, const int32_t *columns, const T *values,  \
                                  size_t m, size_t n, int magnitudes, const T *vectors,            \
                                  size_t batch, T *products) {                                     \
    for (size_t b = 0; b < batch; b++) {                                                           \
      const T *x = vectors + b * n;                                                                \
      for (size_t i = 0; i < m; i++) {                                                             \
        T sum = 0;                                                                                 \
        for (int32_t k = starts[i]; k < starts[i + 1]; k++)                                        \
          sum += coefficient_##suffix(values[k], magnitudes) * x[columns[k]];                      \
        *products++ = sum;                                                                         \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  void ck_sparse_transposed_product_##suffix(const int32_t *starts, const int32_t *columns,        \
                                             const T *values, size_t m, size_t n, int magnitudes,  \
                                             const T *vectors, size_t batch, T *products) {        \
    memset(products, 0, batch * n * sizeof(T));                                                    \
    for (size_t b = 0; b < batch; b++, products += n) {                                            \
      for (size_t i = 0; i < m; i++) {                                                             \
        const T y = *vectors++;                                                                    \
        if (y == 0) continue;                                                                      \
        for (int32_t k = starts[i]; k < starts[i + 1]; k++)                                        \
          products[columns[k]] += coefficient_##suffix(values[k], magnitudes) * y;                 \
      }                                                                                            \
    }                                                                                              \
  }

SPARSE(double, f64)
SPARSE(float, f32)
