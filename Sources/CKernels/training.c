#include "CKernels.h"
#include "clones.h"

// Without these no loop below would be one of vectors: the arrays that are written never overlap the others.
#define IN const float *restrict
#define OUT float *restrict

WIDE void ck_relu_f32(IN x, OUT y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = x[i] < 0 ? 0 : x[i];
}

WIDE void ck_relu_gradient_f32(IN x, OUT gradient, size_t n) {
  for (size_t i = 0; i < n; i++) gradient[i] = x[i] > 0 ? gradient[i] : 0;
}

WIDE void ck_box_relu_f32(IN c, IN r, OUT nextC, OUT nextR, size_t n, float shrinkage) {
  for (size_t i = 0; i < n; i++) {
    const float low = c[i] - r[i], high = c[i] + r[i];
    const float lower = low < 0 ? 0 : low, upper = (high < 0 ? 0 : high) * (low < 0 ? shrinkage : 1);
    nextC[i] = 0.5f * (upper + lower);
    nextR[i] = 0.5f * (upper - lower);
  }
}

WIDE void ck_box_relu_gradient_f32(IN c, IN r, OUT gc, OUT gr, size_t n, float shrinkage) {
  for (size_t i = 0; i < n; i++) {
    const float up = (gc[i] + gr[i]) * (c[i] - r[i] < 0 ? shrinkage : 1), down = gc[i] - gr[i];
    const float upper = c[i] + r[i] > 0 ? up : 0, lower = c[i] - r[i] > 0 ? down : 0;
    gc[i] = 0.5f * (upper + lower);
    gr[i] = 0.5f * (upper - lower);
  }
}

WIDE void ck_add_signed_f32(IN terms, IN signs, OUT sum, OUT counter, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const float positive = signs[i] > 0 ? terms[i] : 0, negative = signs[i] < 0 ? terms[i] : 0;
    const float term = positive - negative;
    sum[i] += term;
    counter[i] -= term;
  }
}

WIDE void ck_multiply_signs_f32(IN signs, OUT values, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const float positive = signs[i] > 0 ? values[i] : 0, negative = signs[i] < 0 ? values[i] : 0;
    values[i] = positive - negative;
  }
}

// The elementwise root sets no error number, so that there are roots of vectors.
WIDE void ck_adam_f32(OUT parameters, OUT magnitudes, IN gradient, float scale, OUT first, OUT second, size_t n,
                      float beta1, float beta2, float step, float epsilon) {
  for (size_t i = 0; i < n; i++) {
    const float g = scale * gradient[i];
    first[i] = beta1 * first[i] + (1 - beta1) * g;
    second[i] = beta2 * second[i] + (1 - beta2) * g * g;
    const float moved = parameters[i] - step * first[i] / (__builtin_elementwise_sqrt(second[i]) + epsilon);
    parameters[i] = moved;
    magnitudes[i] = __builtin_fabsf(moved);
  }
}

WIDE void ck_add_constant_f32(OUT values, float constant, size_t n) {
  for (size_t i = 0; i < n; i++) values[i] += constant;
}

WIDE void ck_box_phases_f32(IN c, IN r, size_t n, ck_box_phases *phases) {
  _Pragma("clang fp reassociate(on) contract(fast)")
  double centre = 0, radius = 0, activeCentre = 0, activeSquare = 0, inactiveCentre = 0, inactiveSquare = 0;
  double activeCount = 0, inactiveCount = 0;
  for (size_t i = 0; i < n; i++) {
    const double value = c[i];
    const double active = c[i] - r[i] > 0 ? 1 : 0, inactive = c[i] + r[i] < 0 ? 1 : 0;
    const double a = active * value, b = inactive * value;
    centre += value;
    radius += (double)r[i];
    activeCount += active;
    activeCentre += a;
    activeSquare += a * value;
    inactiveCount += inactive;
    inactiveCentre += b;
    inactiveSquare += b * value;
  }
  *phases = (ck_box_phases){centre, radius, activeCount, activeCentre, activeSquare,
                            inactiveCount, inactiveCentre, inactiveSquare};
}
