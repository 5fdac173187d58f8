#include "clones.h"
#include "include/CKernels.h"

WIDE int ck_ascend_f32(float *restrict point, const float *restrict gradient, const float *restrict lower,
                       const float *restrict upper, size_t n, float step) {
  int moved = 0;
  for (size_t i = 0; i < n; i++) {
    const float length = step * (upper[i] - lower[i]);
    const float old = point[i];
    float next = old + (gradient[i] > 0 ? length : 0) - (gradient[i] < 0 ? length : 0);
    next = next < upper[i] ? next : upper[i];
    next = next > lower[i] ? next : lower[i];
    moved |= next != old;
    point[i] = next;
  }
  return moved;
}
