// The convolution of elements T with vectors of LANES elements, for processors TARGET; names end in SUFFIX. Included
// once for each of these.

#define PASTE(a, b) a##_##b
#define NAMED(name, suffix) PASTE(name, suffix)
#define NAME(name) NAMED(name, SUFFIX)

typedef T NAME(vector) __attribute__((vector_size(LANES * sizeof(T))));
// The same anywhere in an array.
typedef T NAME(unaligned) __attribute__((vector_size(LANES * sizeof(T)), aligned(sizeof(T)), may_alias));
#define LOAD(p) (*(const NAME(unaligned) *)(p))
#define STORE(p, v) (*(NAME(unaligned) *)(p) = (v))
#define SHUFFLE(which) NAMED(which, LANES)

// A block of results: `count` vectors of `height` channels, both constants where this is called. Adds to the sums, or
// fills them where `first`. Weight of channel m, summed channel c and tap t: weights[m·wm + c·wc + t·wt].
TARGET static inline __attribute__((always_inline)) void NAME(tile)(
    const size_t height, const size_t count, const T *planes, size_t channel, const ptrdiff_t *from, T *sums,
    size_t sumsChannel, const ptrdiff_t *to, int first, const T *weights, size_t wm, size_t wc, size_t wt,
    size_t channels, const ptrdiff_t *offsets, size_t taps) {
  _Pragma("clang fp contract(fast)")
  NAME(vector) sum[4][8];
  const T *source[8];
  _Pragma("clang loop unroll(full)")
  for (size_t v = 0; v < count; v++) source[v] = planes + from[v];
  _Pragma("clang loop unroll(full)")
  for (size_t m = 0; m < height; m++) {
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++)
      sum[m][v] = first ? (NAME(vector)){0} : (NAME(vector))LOAD(sums + m * sumsChannel + to[v]);
  }
  for (size_t c = 0; c < channels; c++) {
    const T *w = weights + c * wc;
    for (size_t t = 0; t < taps; t++) {
      NAME(vector) x[8];
      _Pragma("clang loop unroll(full)")
      for (size_t v = 0; v < count; v++) x[v] = LOAD(source[v] + offsets[t]);
      _Pragma("clang loop unroll(full)")
      for (size_t m = 0; m < height; m++) {
        _Pragma("clang loop unroll(full)")
        for (size_t v = 0; v < count; v++) sum[m][v] += w[m * wm] * x[v];
      }
      w += wt;
    }
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++) source[v] += channel;
  }
  _Pragma("clang loop unroll(full)")
  for (size_t m = 0; m < height; m++) {
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++) STORE(sums + m * sumsChannel + to[v], sum[m][v]);
  }
}

// All vectors of `height` channels, in blocks of about twelve sums: enough to hide an addition's latency, few enough
// for sixteen registers.
TARGET static void NAME(tiles)(
    size_t height, size_t vectors, const T *planes, size_t channel, const ptrdiff_t *from, T *sums, size_t sumsChannel,
    const ptrdiff_t *to, int first, const T *weights, size_t wm, size_t wc, size_t wt, size_t channels,
    const ptrdiff_t *offsets, size_t taps) {
  static const size_t widest[] = {0, 8, 6, 4, 3};
  for (size_t blocks = (vectors + widest[height] - 1) / widest[height], at = 0; blocks > 0; blocks--) {
    const size_t count = (vectors - at + blocks - 1) / blocks;
#define TILE(h, n)                                                                                          \
  case h * 16 + n:                                                                                          \
    NAME(tile)(h, n, planes, channel, from + at, sums, sumsChannel, to + at, first, weights, wm, wc, wt,    \
               channels, offsets, taps);                                                                    \
    break;
    switch (height * 16 + count) {
      TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(1, 4) TILE(1, 5) TILE(1, 6) TILE(1, 7) TILE(1, 8)
      TILE(2, 1) TILE(2, 2) TILE(2, 3) TILE(2, 4) TILE(2, 5) TILE(2, 6)
      TILE(3, 1) TILE(3, 2) TILE(3, 3) TILE(3, 4)
      TILE(4, 1) TILE(4, 2) TILE(4, 3)
    }
#undef TILE
    at += count;
  }
}

// n elements of every `step`-th one.
TARGET static inline void NAME(gather)(const T *from, size_t step, size_t n, T *to) {
  size_t i = 0;
  if (step == 1) {
    for (; i + LANES <= n; i += LANES) STORE(to + i, LOAD(from + i));
  } else if (step == 2) {
    // The last vector of pairs may reach one element beyond the last.
    for (; i + LANES < n; i += LANES) {
      const NAME(unaligned) a = LOAD(from + 2 * i), b = LOAD(from + 2 * i + LANES);
      STORE(to + i, SHUFFLE(EVEN)(a, b));
    }
  }
  for (; i < n; i++) to[i] = from[i * step];
}

// Copies images into their zero-padded planes; what is zero there stays untouched.
TARGET static void NAME(stage)(const ck_plan *p, const T *images, size_t count, T *staged) {
  const size_t channels = p->inner * p->groups;
  for (size_t sy = 0; sy < p->y.slots; sy++) {
    const ck_span ys = ck_axis_span(&p->y, sy);
    for (size_t sx = 0; sx < p->x.slots; sx++) {
      const ck_span xs = ck_axis_span(&p->x, sx);
      if (xs.begin >= xs.end) continue;
      T *plane = staged + (sy * p->x.slots + sx) * p->plane + xs.begin;
      for (size_t c = 0; c < count * channels; c++) {
        const T *from = images + c * p->sourceArea + ys.first * p->x.source + xs.first;
        T *to = plane + c * p->channel;
        for (size_t e = ys.begin; e < ys.end; e++, from += ys.step * p->x.source)
          NAME(gather)(from, xs.step, xs.end - xs.begin, to + e * p->x.pitch);
      }
    }
  }
}

// Weights [outputs, channels, taps] of each group as each pass of the transposed product reads them: blocks of four
// channels, the last of fewer, as [outputs, taps of the pass, block].
TARGET static void NAME(pack)(const ck_plan *p, const ck_pass *passes, const T *weights, T *packed) {
  const size_t size = p->inner * p->outer * p->taps;
  for (size_t g = 0; g < p->groups; g++, weights += size, packed += size)
    for (size_t f = 0; f < p->y.passes * p->x.passes; f++) {
      const ck_pass *pass = passes + f;
      T *to = packed + pass->packed;
      for (size_t m = 0; m < p->outer; m += 4) {
        const size_t height = p->outer - m < 4 ? p->outer - m : 4;
        for (size_t c = 0; c < p->inner; c++) {
          const T *from = weights + (c * p->outer + m) * p->taps;
          for (size_t t = 0; t < pass->taps; t++)
            for (size_t i = 0; i < height; i++) *to++ = from[i * p->taps + pass->indices[t]];
        }
      }
    }
}

// The sums of one group of channels on a block of rows, for all passes.
TARGET static void NAME(sum)(const ck_plan *p, const ck_pass *passes, size_t row, size_t images, const T *planes,
                             const T *weights, T *sums) {
  const size_t passCount = p->y.passes * p->x.passes;
  for (size_t f = 0; f < passCount; f++, sums += p->outer * p->sums) {
    const ck_pass *pass = passes + f;
    if (row >= pass->rows) continue;
    size_t vectors = pass->vectors / p->images * images;
    // Fewer rows than were listed: the last block of a large image.
    while (vectors > 0 && pass->from[vectors - 1] >= (ptrdiff_t)((images - 1) * p->image + (pass->rows - row) * p->x.pitch))
      vectors--;
    for (size_t c = 0; c < p->inner; c += p->inners) {
      const size_t channels = p->inner - c < p->inners ? p->inner - c : p->inners;
      const T *source = planes + c * p->channel + row * p->x.pitch;
      for (size_t m = 0; m < p->outer; m += 4) {
        const size_t height = p->outer - m < 4 ? p->outer - m : 4;
        const int packed = p->y.transposed;
        const T *w = packed ? weights + pass->packed + (m * p->inner + c * height) * pass->taps
                            : weights + (m * p->inner + c) * p->taps;
        NAME(tiles)(height, vectors, source, p->channel, pass->from, sums + m * p->sums, p->sums, pass->to, c == 0, w,
                    packed ? 1 : p->inner * p->taps, packed ? height * pass->taps : p->taps, packed ? height : 1,
                    channels, pass->offsets, pass->taps);
      }
    }
  }
}

// Copies n elements and perhaps garbage up to `room` in all.
TARGET static inline void NAME(copy)(const T *from, size_t n, size_t room, T *to) {
  size_t i = 0;
  if ((n + LANES - 1) / LANES * LANES <= room)
    for (; i < n; i += LANES) STORE(to + i, LOAD(from + i));
  for (; i + LANES <= n; i += LANES) STORE(to + i, LOAD(from + i));
  for (; i < n; i++) to[i] = from[i];
}

// Writes the elements of two rows in turn, n in all and perhaps garbage up to `room`.
TARGET static inline void NAME(interleave)(const T *even, const T *odd, size_t n, size_t room, T *to) {
  size_t i = 0;
  for (; i < n && 2 * LANES <= room - i; i += 2 * LANES) {
    const NAME(unaligned) a = LOAD(even + i / 2), b = LOAD(odd + i / 2);
    STORE(to + i, SHUFFLE(LOW)(a, b));
    STORE(to + i + LANES, SHUFFLE(HIGH)(a, b));
  }
  for (; i < n; i++) to[i] = i % 2 ? odd[i / 2] : even[i / 2];
}

// Puts the sums of a block of rows of one channel and image where they belong.
TARGET static void NAME(place)(const ck_plan *p, const ck_pass *passes, size_t row, const T *sums, T *result) {
  const size_t width = p->x.result, apart = p->outer * p->sums;
  const size_t steps = p->y.passes, step = p->x.passes;
  const size_t begin = row * steps;
  const size_t end = begin + p->rows * steps < p->y.result ? begin + p->rows * steps : p->y.result;
  for (size_t y = begin; y < end; y++) {
    const T *from = sums + (y - begin) % steps * step * apart + (y - begin) / steps * p->x.pitch;
    T *to = result + y * width;
    // Rows after this one are still to be written, so this one may run into them.
    const size_t room = (end - y) * width;
    if (step == 1 && p->x.pitch == width && steps == 1) {
      NAME(copy)(from, room, room, to);
      return;
    }
    if (step == 1) NAME(copy)(from, width, room, to);
    else if (step == 2) NAME(interleave)(from, from + apart, width, room, to);
    else
      for (size_t f = 0; f < step; f++)
        for (size_t x = 0, n = passes[f].columns; x < n; x++) to[x * step + f] = from[f * apart + x];
  }
}

TARGET static void NAME(convolve)(const ck_plan *p, const T *weights, const T *images, T *results, void *workspace) {
  const ck_pass *passes = ck_plan_passes(p, LANES, workspace);
  T *packed = (T *)((char *)workspace + p->packedAt);
  T *staged = (T *)((char *)workspace + p->stagedAt);
  T *sums = (T *)((char *)workspace + p->sumsAt);
  if (p->y.transposed) {
    NAME(pack)(p, passes, weights, packed);
    weights = packed;
  }
  memset(staged, 0, p->stagedCount * sizeof(T));
  const size_t height = passes[0].rows;
  for (size_t i = 0; i < p->batch; i += p->images) {
    const size_t count = p->batch - i < p->images ? p->batch - i : p->images;
    NAME(stage)(p, images + i * p->groups * p->inner * p->sourceArea, count, staged);
    for (size_t row = 0; row < height; row += p->rows)
      for (size_t g = 0; g < p->groups; g++) {
        NAME(sum)(p, passes, row, count, staged + g * p->inner * p->channel,
                  weights + g * p->inner * p->outer * p->taps, sums);
        for (size_t n = 0; n < count; n++)
          for (size_t m = 0; m < p->outer; m++)
            NAME(place)(p, passes, row, sums + m * p->sums + n * (p->rows * p->x.pitch + LANES),
                        results + (((i + n) * p->groups + g) * p->outer + m) * p->resultArea);
      }
  }
}

#undef LOAD
#undef STORE
#undef SHUFFLE
#undef NAME
#undef NAMED
#undef PASTE
#undef T
#undef LANES
#undef SUFFIX
