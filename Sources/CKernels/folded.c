#include "CKernels.h"
#include "clones.h"

// Inlined into functions that exist for each kind of vectors.
#define INLINE static inline __attribute__((always_inline))

// Numbers that lie anywhere in arrays of others.
#define LANES(n) __attribute__((vector_size(4 * n), aligned(4), may_alias))
typedef float folded_v8 LANES(8);
typedef int32_t folded_i8 LANES(8);
typedef float folded_v16 LANES(16);
typedef int32_t folded_i16 LANES(16);

#define V folded_v8
#define I folded_i8
#define NAME(x) x##_8
#include "folded_template.h"
#undef V
#undef I
#undef NAME
#define V folded_v16
#define I folded_i16
#define NAME(x) x##_16
#include "folded_template.h"

WIDE void ck_folded_values(const ck_folded *f, int lanes, float *values) {
  lanes <= 8 ? folded_values_8(f, values) : folded_values_16(f, values);
}

WIDE void ck_folded_gradient(const ck_folded *f, int lanes) { lanes <= 8 ? folded_gradient_8(f) : folded_gradient_16(f); }

WIDE void ck_folded_ascend(const ck_folded *f, int lanes, const int32_t *better, float step, int32_t *moved) {
  lanes <= 8 ? folded_ascend_8(f, better, step, moved) : folded_ascend_16(f, better, step, moved);
}
