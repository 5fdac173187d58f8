#include "CKernels.h"
#include "clones.h"
#include <math.h>

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

WIDE void ck_adam_f32(float *parameters, const float *gradient, float *first, float *second, size_t n,
                      float beta1, float beta2, float step, float epsilon) {
  for (size_t i = 0; i < n; i++) {
    first[i] = beta1 * first[i] + (1 - beta1) * gradient[i];
    second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] * gradient[i];
    parameters[i] -= step * first[i] / (sqrtf(second[i]) + epsilon);
  }
}
