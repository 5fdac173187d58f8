// Gradients of convolutions with respect to their weights, for the vectors of lanes.h.

// Sums over a block of positions for `height` results and `count` places that weights read, both constants where this is
// called. Each sum is a vector, one element for each image.
TARGET static inline __attribute__((always_inline)) void NAME(gradient_tile)(
    const size_t height, const size_t count, const T *results, size_t area, const T *const *sources, size_t rows,
    size_t columns, size_t pitch, T *sums, size_t apart) {
  _Pragma("clang fp contract(fast)")
  NAME(vector) sum[4][3];
  const T *from[3];
  _Pragma("clang loop unroll(full)")
  for (size_t n = 0; n < count; n++) from[n] = sources[n];
  _Pragma("clang loop unroll(full)")
  for (size_t m = 0; m < height; m++) {
    _Pragma("clang loop unroll(full)")
    for (size_t n = 0; n < count; n++) sum[m][n] = LOAD(sums + m * apart + n * LANES);
  }
  for (size_t y = 0; y < rows; y++) {
    for (size_t i = 0; i < columns * LANES; i += LANES) {
      NAME(vector) x[3];
      _Pragma("clang loop unroll(full)")
      for (size_t n = 0; n < count; n++) x[n] = LOAD(from[n] + i);
      _Pragma("clang loop unroll(full)")
      for (size_t m = 0; m < height; m++) {
        const NAME(vector) g = LOAD(results + m * area + i);
        _Pragma("clang loop unroll(full)")
        for (size_t n = 0; n < count; n++) sum[m][n] += g * x[n];
      }
    }
    results += columns * LANES;
    _Pragma("clang loop unroll(full)")
    for (size_t n = 0; n < count; n++) from[n] += pitch;
  }
  _Pragma("clang loop unroll(full)")
  for (size_t m = 0; m < height; m++) {
    _Pragma("clang loop unroll(full)")
    for (size_t n = 0; n < count; n++) STORE(sums + m * apart + n * LANES, sum[m][n]);
  }
}

// Adds the products of a set of images in one group of channels: sums [outer, inner, taps] of vectors.
TARGET static void NAME(gradient_sums)(const ck_plan *p, const ptrdiff_t *offsets, const T *planes, const T *results,
                                       T *sums) {
  const size_t columns = p->x.result, area = p->resultArea * LANES, places = p->inner * p->taps;
  const size_t pitch = p->x.pitch * LANES, apart = places * LANES;
  // What four results read of a block, and what they are multiplied with, stays in a first-level cache.
  size_t rows = gradientBytes / (4 * columns * LANES * sizeof(T));
  rows = rows < 1 ? 1 : rows > p->y.result ? p->y.result : rows;
  for (size_t row = 0; row < p->y.result; row += rows) {
    const size_t block = p->y.result - row < rows ? p->y.result - row : rows;
    for (size_t m = 0; m < p->outer; m += 4) {
      const size_t height = p->outer - m < 4 ? p->outer - m : 4;
      const T *g = results + m * area + row * columns * LANES;
      size_t c = 0, t = 0;
      for (size_t n = 0; n < places; n += 3) {
        const size_t count = places - n < 3 ? places - n : 3;
        const T *sources[3];
        for (size_t i = 0; i < count; i++) {
          sources[i] = planes + c * p->channel + row * pitch + offsets[t];
          if (++t == p->taps) t = 0, c++;
        }
#define TILE(h, k)                                                                                          \
  case h * 4 + k:                                                                                           \
    NAME(gradient_tile)(h, k, g, area, sources, block, columns, pitch, sums + m * apart + n * LANES, apart); \
    break;
        switch (height * 4 + count) {
          TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(2, 1) TILE(2, 2) TILE(2, 3)
          TILE(3, 1) TILE(3, 2) TILE(3, 3) TILE(4, 1) TILE(4, 2) TILE(4, 3)
        }
#undef TILE
      }
    }
  }
}

// Adds to weights, for a plan of interleaved images forwards.
TARGET static void NAME(convolution_gradient)(const ck_plan *p, const T *images, const T *results, T *weights,
                                              void *workspace) {
  const ck_pass *passes = ck_plan_passes(p, LANES, workspace);
  const size_t *places = ck_plan_places(p, workspace);
  const size_t channels = p->groups * p->outer, area = p->resultArea, perGroup = p->outer * p->inner * p->taps;
  T *staged = (T *)((char *)workspace + p->stagedAt);
  T *seeds = (T *)((char *)workspace + p->bytes);
  T *sums = seeds + channels * area * LANES;
  memset(staged, 0, p->stagedCount * sizeof(T));
  memset(sums, 0, p->groups * perGroup * LANES * sizeof(T));
  for (size_t i = 0; i < p->batch; i += LANES) {
    NAME(stage_interleaved)(p, places, images + i * p->groups * p->inner * p->sourceArea, staged);
    for (size_t m = 0; m < channels; m++)
      for (size_t q = 0; q < area; q += LANES) {
        const size_t at = q + LANES > area ? area - LANES : q;
        NAME(vector) v[LANES];
        _Pragma("clang loop unroll(full)")
        for (size_t n = 0; n < LANES; n++) v[n] = LOAD(results + ((i + n) * channels + m) * area + at);
        NAME(transpose)(v);
        _Pragma("clang loop unroll(full)")
        for (size_t n = 0; n < LANES; n++) STORE(seeds + (m * area + at + n) * LANES, v[n]);
      }
    for (size_t g = 0; g < p->groups; g++)
      NAME(gradient_sums)(p, passes->offsets, staged + g * p->inner * p->channel, seeds + g * p->outer * area * LANES,
                          sums + g * perGroup * LANES);
  }
  const size_t count = p->groups * perGroup;
  size_t w = 0;
  for (; w + LANES <= count; w += LANES) {
    NAME(vector) v[LANES], total = LOAD(weights + w);
    _Pragma("clang loop unroll(full)")
    for (size_t n = 0; n < LANES; n++) v[n] = LOAD(sums + (w + n) * LANES);
    NAME(transpose)(v);
    _Pragma("clang loop unroll(full)")
    for (size_t n = 0; n < LANES; n++) total += v[n];
    STORE(weights + w, total);
  }
  for (; w < count; w++)
    for (size_t n = 0; n < LANES; n++) weights[w] += sums[w * LANES + n];
}
