// One step of searches in a folded classifier: V is a vector of them, I the integers that its comparisons give. Included by
// folded.c.

#define AT(array, i) (*(V *)((array) + (i) * CK_FOLDED_LANES))
#define SELECT(mask, a, b) ((V)(((mask) & (I)(a)) | (~(mask) & (I)(b))))

INLINE void NAME(folded_values)(const ck_folded *f, float *values) {
  V value = AT(values, 0);
  const V zero = {0};
  for (size_t j = 0; j < f->free; j++) value += AT(f->slopes, j) * AT(f->points, j);
  for (size_t k = 0; k < f->units; k++) {
    V even = zero + f->centres[k], odd = zero;
    int32_t e = f->starts[k];
    const int32_t end = f->starts[k + 1];
    for (; e + 1 < end; e += 2) {
      even += f->entries[e] * AT(f->points, (size_t)f->places[e]);
      odd += f->entries[e + 1] * AT(f->points, (size_t)f->places[e + 1]);
    }
    if (e < end) even += f->entries[e] * AT(f->points, (size_t)f->places[e]);
    const V z = even + odd, w = AT(f->weights, k);
    value += SELECT(z < 0, zero, w * z);
    AT(f->active, k) = SELECT(z > 0, w, zero);
  }
  AT(values, 0) = value;
}

INLINE void NAME(folded_gradient)(const ck_folded *f) {
  for (size_t k = 0; k < f->units; k++) {
    const V h = AT(f->active, k), change = h - AT(f->applied, k);
    // From point to point most units stay as they are, most of them inactive.
    if (__builtin_reduce_or(change != 0) == 0) continue;
    AT(f->applied, k) = h;
    for (int32_t e = f->starts[k]; e < f->starts[k + 1]; e++) {
      AT(f->gradient, (size_t)f->places[e]) += f->entries[e] * change;
    }
  }
}

INLINE void NAME(folded_ascend)(const ck_folded *f, const int32_t *better, float step, int32_t *moved) {
  const I keep = *(const I *)better;
  I any = {0};
  const V zero = {0};
  for (size_t j = 0; j < f->free; j++) {
    const V old = AT(f->points, j), g = AT(f->gradient, j);
    AT(f->best, j) = SELECT(keep, old, AT(f->best, j));
    const V radius = zero + f->radii[j], length = 2 * step * radius;
    V next = old + SELECT(g > 0, length, zero) - SELECT(g < 0, length, zero);
    next = SELECT(next < radius, next, radius);
    next = SELECT(next > -radius, next, -radius);
    any |= next != old;
    AT(f->points, j) = next;
  }
  *(I *)moved = any;
}

#undef AT
#undef SELECT
