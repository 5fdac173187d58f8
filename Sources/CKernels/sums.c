#include "CKernels.h"
#include "clones.h"

WIDE double ck_dot(const double *a, const double *b, size_t n) {
  _Pragma("clang fp reassociate(on) contract(fast)")
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

WIDE double ck_dot_f32(const float *a, const float *b, size_t n) {
  _Pragma("clang fp reassociate(on) contract(fast)")
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
  return sum;
}
