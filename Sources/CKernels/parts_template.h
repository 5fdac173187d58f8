// Products with a convolution's positive and negative weights, for the vectors of lanes.h: see parts.h.

// The magnitudes of two channels' weights, and where what they are multiplied with lies.
typedef struct {
  T weights[2];
  int32_t offset;
} NAME(part_tap);

// The lists of each group, block and pair, and behind them their taps. A pair's second channel may not exist: its weights
// are zero then.
TARGET static void NAME(list_parts)(const ck_parts *p, const T *weights, void *list) {
  uint32_t *ends = list;
  NAME(part_tap) *to = (NAME(part_tap) *)((char *)list + p->tapsAt);
  const size_t inner = p->plan.inner, outer = p->plan.outer, taps = p->plan.taps;
  for (size_t g = 0; g < p->plan.groups; g++, weights += outer * inner * taps)
    for (size_t first = 0; first < inner; first += p->inners) {
      const size_t channels = inner - first < p->inners ? inner - first : p->inners, n = channels * taps;
      for (size_t m = 0; m < outer; m += 2, ends += ck_lists, to += n) {
        const T *even = weights + (m * inner + first) * taps, *odd = m + 1 < outer ? even + inner * taps : 0;
        uint32_t at[ck_lists] = {0};
#define LIST(i) (even[i] < 0 ? 3 - (odd && odd[i] < 0) : (odd && odd[i] < 0))
        for (size_t i = 0; i < n; i++) at[LIST(i)]++;
        for (size_t k = 0, begin = 0; k < ck_lists; k++) {
          const size_t count = at[k];
          at[k] = (uint32_t)begin;
          ends[k] = (uint32_t)(begin += count);
        }
        for (size_t i = 0; i < n; i++) {
          const T a = even[i], b = odd ? odd[i] : 0;
          to[at[LIST(i)]++] = (NAME(part_tap)){
              .weights = {a < 0 ? -a : a, b < 0 ? -b : b}, .offset = (int32_t)ck_parts_offset(p, i / taps, i % taps)};
        }
#undef LIST
      }
    }
}

// Adds the products of a list's taps to the sums of two channels: `count` is constant where this is called.
TARGET static inline __attribute__((always_inline)) void NAME(part_list)(
    const size_t count, const T *source, const NAME(part_tap) *tap, const NAME(part_tap) *end, NAME(vector) *even,
    NAME(vector) *odd) {
  _Pragma("clang fp contract(fast)")
  for (; tap < end; tap++) {
    const T *x = source + tap->offset;
    const T a = tap->weights[0], b = tap->weights[1];
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++) {
      const NAME(vector) entry = LOAD(x + v * LANES);
      even[v] += a * entry;
      odd[v] += b * entry;
    }
  }
}

// Adds a block's products to the sums of two channels, or fills them where `first`: those of positive and of negative
// weights of the one, then of the other, `apart` from each to the next.
TARGET static inline __attribute__((always_inline)) void NAME(part_tile)(
    const size_t count, const T *source, const NAME(part_tap) *taps, const uint32_t *ends, int first, T *sums,
    size_t apart) {
  T *const evens[2] = {sums, sums + apart}, *const odds[2] = {sums + 2 * apart, sums + 3 * apart};
  NAME(vector) even[12], odd[12];
#define READ(sum, from, fresh)                                                                     \
  _Pragma("clang loop unroll(full)")                                                               \
  for (size_t v = 0; v < count; v++)                                                               \
    sum[v] = (fresh) ? (NAME(vector)){0} : (NAME(vector))LOAD((from) + v * LANES);
#define WRITE(sum, to)                                                                             \
  _Pragma("clang loop unroll(full)")                                                               \
  for (size_t v = 0; v < count; v++) STORE((to) + v * LANES, sum[v]);
  READ(even, evens[0], first)
  READ(odd, odds[0], first)
  NAME(part_list)(count, source, taps, taps + ends[0], even, odd);
  WRITE(odd, odds[0])
  READ(odd, odds[1], first)
  NAME(part_list)(count, source, taps + ends[0], taps + ends[1], even, odd);
  WRITE(even, evens[0])
  READ(even, evens[1], first)
  NAME(part_list)(count, source, taps + ends[1], taps + ends[2], even, odd);
  WRITE(odd, odds[1])
  READ(odd, odds[0], 0)
  NAME(part_list)(count, source, taps + ends[2], taps + ends[3], even, odd);
  WRITE(even, evens[1])
  WRITE(odd, odds[0])
#undef READ
#undef WRITE
}

// The sums of a group over some of the staged images, whose positions so many vectors cover.
TARGET static void NAME(sum_parts)(const ck_parts *p, size_t vectors, const T *staged, const uint32_t *ends,
                                   const NAME(part_tap) *taps, T *sums) {
  const size_t inner = p->plan.inner, apart = p->vectors * LANES;
  for (size_t blocks = (vectors + p->most - 1) / p->most, at = 0; blocks > 0; blocks--) {
    const size_t count = (vectors - at + blocks - 1) / blocks;
    const uint32_t *end = ends;
    const NAME(part_tap) *tap = taps;
    for (size_t first = 0; first < inner; first += p->inners) {
      const size_t channels = inner - first < p->inners ? inner - first : p->inners;
      const T *source = staged + first * p->channel + at * LANES;
      for (size_t pair = 0; pair < p->pairs; pair++, end += ck_lists, tap += channels * p->plan.taps) {
        T *const to = sums + pair * ck_lists * apart + at * LANES;
#define TILE(n)                                                                                    \
  case n: NAME(part_tile)(n, source, tap, end, first == 0, to, apart); break;
        switch (count) {
          TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#ifdef COMPRESS
          // The widest vectors, of which there are twice as many.
          TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
#endif
        }
#undef TILE
      }
    }
    at += count;
  }
}

// Copies images into their planes.
TARGET static void NAME(stage_parts)(const ck_parts *p, const T *images, size_t count, T *staged) {
  const ck_plan *q = &p->plan;
  const size_t channels = q->groups * q->inner;
  for (size_t sy = 0; sy < q->y.slots; sy++)
    for (size_t sx = 0; sx < q->x.slots; sx++) {
      const ck_span ys = ck_axis_span(&q->y, sy), xs = ck_axis_span(&q->x, sx);
      if (ys.begin >= ys.end || xs.begin >= xs.end) continue;
      const T *from = images + ys.first * q->x.source + xs.first;
      T *to = staged + (sy * q->x.slots + sx) * p->slot + ys.begin * q->x.pitch + xs.begin;
      for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < channels; c++)
          NAME(copy)(from + (i * channels + c) * q->sourceArea, ys.step * q->x.source, xs.step,
                     to + c * p->channel + i * p->area, q->x.pitch, xs.end - xs.begin, ys.end - ys.begin);
    }
}

TARGET static void NAME(convolve_parts)(const ck_parts *p, size_t batch, const void *list, const T *images,
                                        T *positives, T *negatives, void *workspace) {
  const ck_plan *q = &p->plan;
  const uint32_t *ends = list;
  const NAME(part_tap) *taps = (const NAME(part_tap) *)((const char *)list + p->tapsAt);
  T *staged = (T *)((char *)workspace + p->stagedAt), *sums = (T *)((char *)workspace + p->sumsAt);
  memset(staged, 0, p->stagedCount * sizeof(T));
  const size_t width = q->x.result, apart = p->vectors * LANES;
  for (size_t i = 0; i < batch; i += p->images) {
    const size_t count = batch - i < p->images ? batch - i : p->images;
    NAME(stage_parts)(p, images + i * q->groups * q->inner * q->sourceArea, count, staged);
    const size_t positions = (count - 1) * p->area + (q->y.result - 1) * q->x.pitch + width;
    for (size_t g = 0; g < q->groups; g++) {
      NAME(sum_parts)(p, (positions + LANES - 1) / LANES, staged + g * q->inner * p->channel,
                      ends + g * p->blocks * p->pairs * ck_lists, taps + g * p->pairs * q->inner * q->taps, sums);
      for (size_t n = 0; n < count; n++)
        for (size_t m = 0; m < q->outer; m++) {
          const T *from = sums + 2 * m * apart + n * p->area;
          const size_t to = (((i + n) * q->groups + g) * q->outer + m) * q->resultArea;
          NAME(copy)(from, q->x.pitch, 1, positives + to, width, width, q->y.result);
          NAME(copy)(from + apart, q->x.pitch, 1, negatives + to, width, width, q->y.result);
        }
    }
  }
}
