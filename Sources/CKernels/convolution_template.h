// Convolutions of images, for the vectors of lanes.h.

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
  static const size_t widest[] = {0, 8, 5, 4, 3};
  for (size_t blocks = (vectors + widest[height] - 1) / widest[height], at = 0; blocks > 0; blocks--) {
    const size_t count = (vectors - at + blocks - 1) / blocks;
#define TILE(h, n)                                                                                          \
  case h * 16 + n:                                                                                          \
    NAME(tile)(h, n, planes, channel, from + at, sums, sumsChannel, to + at, first, weights, wm, wc, wt,    \
               channels, offsets, taps);                                                                    \
    break;
    switch (height * 16 + count) {
      TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(1, 4) TILE(1, 5) TILE(1, 6) TILE(1, 7) TILE(1, 8)
      TILE(2, 1) TILE(2, 2) TILE(2, 3) TILE(2, 4) TILE(2, 5)
      TILE(3, 1) TILE(3, 2) TILE(3, 3) TILE(3, 4)
      TILE(4, 1) TILE(4, 2) TILE(4, 3)
    }
#undef TILE
    at += count;
  }
}

// A block of the results of four passes: `count` vectors of each, which all read what the vectors at `from` begin with, the
// first taps of the second passes `offset` further and each next one `down` or an `entry` nearer. The tap of a pass that is
// `skew` or nothing behind reads the same.
TARGET static inline __attribute__((always_inline)) void NAME(joint_tile)(
    const size_t skew, const size_t count, const ck_plan *p, const T *planes, const ptrdiff_t *from, T *sums,
    const ptrdiff_t *to, int first, const T *const weights[4], size_t channels, ptrdiff_t offset) {
  _Pragma("clang fp contract(fast)")
  const ptrdiff_t down = (ptrdiff_t)(p->x.pitch * p->entry), entry = (ptrdiff_t)p->entry;
  NAME(vector) sum[4][3];
  const T *source[3];
  _Pragma("clang loop unroll(full)")
  for (size_t v = 0; v < count; v++) source[v] = planes + from[v] + offset;
  _Pragma("clang loop unroll(full)")
  for (size_t f = 0; f < 4; f++) {
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++) sum[f][v] = first ? (NAME(vector)){0} : (NAME(vector))LOAD(sums + f * p->sums + to[v]);
  }
  for (size_t c = 0; c < channels; c++) {
    _Pragma("clang loop unroll(full)")
    for (size_t y = 0; y < 2 + skew; y++) {
      _Pragma("clang loop unroll(full)")
      for (size_t x = 0; x < 2 + skew; x++) {
        NAME(vector) read[3];
        _Pragma("clang loop unroll(full)")
        for (size_t v = 0; v < count; v++) read[v] = LOAD(source[v] - (ptrdiff_t)y * down - (ptrdiff_t)x * entry);
        _Pragma("clang loop unroll(full)")
        for (size_t f = 0; f < 4; f++) {
          const size_t ty = y - (f / 2 ? 0 : skew), tx = x - (f % 2 ? 0 : skew);
          if (ty > 1 || tx > 1) continue;
          const T w = weights[f][c * 4 + ty * 2 + tx];
          _Pragma("clang loop unroll(full)")
          for (size_t v = 0; v < count; v++) sum[f][v] += w * read[v];
        }
      }
    }
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++) source[v] += p->channel;
  }
  _Pragma("clang loop unroll(full)")
  for (size_t f = 0; f < 4; f++) {
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++) STORE(sums + f * p->sums + to[v], sum[f][v]);
  }
}

// All vectors of four passes, of one group of channels.
TARGET static void NAME(joint_tiles)(const ck_plan *p, const ck_pass *passes, size_t vectors, const T *planes, T *sums,
                                     int first, const T *weights, size_t channel, size_t channels) {
  const T *each[4];
  for (size_t f = 0; f < 4; f++) each[f] = weights + passes[f].packed + channel * 4;
  for (size_t blocks = (vectors + 2) / 3, at = 0; blocks > 0; blocks--) {
    const size_t count = (vectors - at + blocks - 1) / blocks;
#define TILE(s, n)                                                                                          \
  case s * 4 + n:                                                                                           \
    NAME(joint_tile)(s, n, p, planes, passes->from + at, sums, passes->to + at, first, each, channels,      \
                     passes[3].offsets[0]);                                                                 \
    break;
    switch (p->skew * 4 + count) { TILE(0, 1) TILE(0, 2) TILE(0, 3) TILE(1, 1) TILE(1, 2) TILE(1, 3) }
#undef TILE
    at += count;
  }
}

// Copies rows of n elements that lie `source` and `target` apart, or of every `step`-th of their elements. Reads and
// writes nothing else: the last vector of a row overlaps the one before.
TARGET static inline void NAME(copy)(const T *from, size_t source, size_t step, T *to, size_t target, size_t n,
                                     size_t rows) {
#define EACH_ROW for (; rows > 0; rows--, from += source, to += target)
#define COPY(i) STORE(to + (i), LOAD(from + (i)))
#define COPY_FOUR(i) STORE_FOUR(to + (i), LOAD_FOUR(from + (i)))
#define HALVE(i) STORE(to + (i), SHUFFLE(EVEN_ODD)(LOAD(from + 2 * (i)), LOAD(from + 2 * (i) + LANES - 1)))
#define HALVE_FOUR(i) STORE_FOUR(to + (i), EVEN_ODD_4(LOAD_FOUR(from + 2 * (i)), LOAD_FOUR(from + 2 * (i) + 3)))
#define BY_VECTORS(WHOLE, width)                                                                   \
  EACH_ROW {                                                                                       \
    for (size_t i = 0; i + width <= n; i += width) WHOLE(i);                                       \
    WHOLE(n - width);                                                                              \
  }
  if (step == 1 && n >= LANES) BY_VECTORS(COPY, LANES)
  else if (step == 1 && n >= 4) BY_VECTORS(COPY_FOUR, 4)
  else if (step == 2 && n >= LANES) BY_VECTORS(HALVE, LANES)
  else if (step == 2 && n >= 4) BY_VECTORS(HALVE_FOUR, 4)
  else EACH_ROW for (size_t i = 0; i < n; i++) to[i] = from[i * step];
#undef EACH_ROW
#undef COPY
#undef COPY_FOUR
#undef HALVE
#undef HALVE_FOUR
#undef BY_VECTORS
}

// The elements of two rows in turn, n in all, and perhaps garbage up to `room`. Reads a vector beyond the rows.
TARGET static inline void NAME(interleave)(const T *even, const T *odd, size_t n, size_t room, T *to) {
  size_t i = 0;
  for (; i < n && i + 2 * LANES <= room; i += 2 * LANES) {
    const NAME(unaligned) a = LOAD(even + i / 2), b = LOAD(odd + i / 2);
    STORE(to + i, SHUFFLE(LOW)(a, b));
    STORE(to + i + LANES, SHUFFLE(HIGH)(a, b));
  }
  for (; i + 8 <= n; i += 8) {
    const NAME(four) a = LOAD_FOUR(even + i / 2), b = LOAD_FOUR(odd + i / 2);
    STORE_FOUR(to + i, LOW_4(a, b));
    STORE_FOUR(to + i + 4, HIGH_4(a, b));
  }
  for (; i < n; i++) to[i] = i % 2 ? odd[i / 2] : even[i / 2];
}

// Copies images into their zero-padded planes; what is zero there stays untouched.
TARGET static void NAME(stage)(const ck_plan *p, const T *images, size_t count, T *staged) {
  const size_t channels = p->inner * p->groups;
  for (size_t sy = 0; sy < p->y.slots; sy++) {
    const ck_span ys = ck_axis_span(&p->y, sy);
    for (size_t sx = 0; sx < p->x.slots; sx++) {
      const ck_span xs = ck_axis_span(&p->x, sx);
      if (ys.begin >= ys.end || xs.begin >= xs.end) continue;
      const T *from = images + ys.first * p->x.source + xs.first;
      T *to = staged + (sy * p->x.slots + sx) * p->plane + ys.begin * p->x.pitch + xs.begin;
      for (size_t c = 0; c < count * channels; c++)
        NAME(copy)(from + c * p->sourceArea, ys.step * p->x.source, xs.step, to + c * p->channel, p->x.pitch,
                   xs.end - xs.begin, ys.end - ys.begin);
    }
  }
}

// Weights [outputs, channels, taps] of each group as each pass of the transposed product reads them: blocks of four
// channels, the last of fewer, as [outputs, taps of the pass, block].
TARGET static void NAME(pack)(const ck_plan *p, const ck_pass *passes, const T *weights, T *packed) {
  const size_t taps = p->taps, passCount = p->y.passes * p->x.passes;
  for (size_t g = 0; g < p->groups; g++, packed += p->inner * p->outer * taps)
    for (size_t c = 0; c < p->inner; c++)
      for (size_t m = 0, height; m < p->outer; m += height, weights += height * taps) {
        height = p->outer - m < 4 ? p->outer - m : 4;
        for (size_t f = 0; f < passCount; f++) {
          const size_t *indices = passes[f].indices, n = passes[f].taps;
          T *to = packed + passes[f].packed + (m * p->inner + c * height) * n;
          if (height == 4)
            for (size_t t = 0; t < n; t++, to += 4) {
              const T *from = weights + indices[t];
              const T a = from[0], b = from[taps], d = from[2 * taps], e = from[3 * taps];
              STORE_FOUR(to, ((NAME(four)){a, b, d, e}));
            }
          else
            for (size_t t = 0; t < n; t++)
              for (size_t i = 0; i < height; i++) *to++ = weights[i * taps + indices[t]];
        }
      }
}

// The sums of one group of channels on a block of rows, for all passes.
TARGET static void NAME(sum)(const ck_plan *p, const ck_pass *passes, size_t row, size_t images, const T *planes,
                             const T *weights, T *sums) {
  const size_t passCount = p->joint ? 1 : p->y.passes * p->x.passes;
  for (size_t f = 0; f < passCount; f++, sums += p->outer * p->sums) {
    const ck_pass *pass = passes + f;
    if (row >= pass->rows) continue;
    size_t vectors = pass->vectors / p->images * images;
    // Fewer rows than were listed: the last block of a large image.
    const size_t end = (images - 1) * p->image + (pass->rows - row) * p->x.pitch * p->entry;
    while (vectors > 0 && pass->from[vectors - 1] >= (ptrdiff_t)end) vectors--;
    for (size_t c = 0; c < p->inner; c += p->inners) {
      const size_t channels = p->inner - c < p->inners ? p->inner - c : p->inners;
      const T *source = planes + c * p->channel + row * p->x.pitch * p->entry;
      if (p->joint) {
        NAME(joint_tiles)(p, passes, vectors, source, sums, c == 0, weights, c, channels);
        continue;
      }
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

// Puts the sums of a block of rows of one channel and image where they belong.
TARGET static inline void NAME(place)(const ck_plan *p, const ck_pass *passes, size_t row, const T *sums, T *result) {
  const size_t width = p->x.result, pitch = p->x.pitch, apart = p->outer * p->sums;
  const size_t steps = p->y.passes, step = p->x.passes;
  const size_t begin = row * steps, block = p->rows * steps;
  const size_t end = p->y.result - begin < block ? p->y.result : begin + block;
  result += begin * width;
  if (steps * step == 1) {
    size_t rows = end - begin;
    if (pitch == width) {
      NAME(copy)(sums, 0, 1, result, 0, rows * width, 1);
      return;
    }
    // A row whose last vector runs into rows that are still to be written.
    const size_t whole = (width + LANES - 1) / LANES * LANES;
    for (; rows * width >= whole; rows--, sums += pitch, result += width)
      for (size_t i = 0; i < whole; i += LANES) STORE(result + i, LOAD(sums + i));
    NAME(copy)(sums, pitch, 1, result, width, width, rows);
    return;
  }
  for (size_t y = begin; y < end; sums += pitch)
    for (size_t f = 0; f < steps && y < end; f++, y++, result += width) {
      const T *from = sums + f * step * apart;
      if (step == 1) NAME(copy)(from, 0, 1, result, 0, width, 1);
      else if (step == 2) NAME(interleave)(from, from + apart, width, (end - y) * width, result);
      else
        for (size_t g = 0; g < step; g++)
          for (size_t x = 0, n = passes[g].columns; x < n; x++) result[x * step + g] = from[g * apart + x];
    }
}

// Copies LANES images into zero-padded planes with LANES elements an entry. The last vectors overlap those before.
TARGET static void NAME(stage_interleaved)(const ck_plan *p, const size_t *places, const T *images, T *staged) {
  const size_t channels = p->inner * p->groups, area = p->sourceArea;
  for (size_t c = 0; c < channels; c++, images += area)
    for (size_t i = 0; i < area; i += LANES) {
      const size_t at = i + LANES > area ? area - LANES : i;
      NAME(vector) v[LANES];
      _Pragma("clang loop unroll(full)")
      for (size_t n = 0; n < LANES; n++) v[n] = LOAD(images + n * channels * area + at);
      NAME(transpose)(v);
      const size_t apart = c * p->channel;
      _Pragma("clang loop unroll(full)")
      for (size_t n = 0; n < LANES; n++) {
        const size_t to = places[at + n];
        STORE(staged + to + (to < p->image ? apart : 0), v[n]);
      }
    }
}

// Puts the sums of one channel of LANES images, `apart` from one to the next, where they belong.
TARGET static inline void NAME(place_interleaved)(const ck_plan *p, const size_t *places, const T *sums, T *result,
                                                  size_t apart) {
  const size_t area = p->resultArea;
  for (size_t i = 0; i < area; i += LANES) {
    const size_t at = i + LANES > area ? area - LANES : i;
    NAME(vector) v[LANES];
    _Pragma("clang loop unroll(full)")
    for (size_t n = 0; n < LANES; n++) v[n] = LOAD(sums + places[at + n]);
    NAME(transpose)(v);
    _Pragma("clang loop unroll(full)")
    for (size_t n = 0; n < LANES; n++) STORE(result + n * apart + at, v[n]);
  }
}

// As `convolve`, for plans of interleaved images.
TARGET static void NAME(convolve_interleaved)(const ck_plan *p, const T *weights, const T *images, T *results,
                                              void *workspace) {
  const ck_pass *passes = ck_plan_passes(p, LANES, workspace);
  const size_t *places = ck_plan_places(p, workspace);
  T *packed = (T *)((char *)workspace + p->packedAt);
  T *staged = (T *)((char *)workspace + p->stagedAt);
  T *sums = (T *)((char *)workspace + p->sumsAt);
  if (p->y.transposed) {
    NAME(pack)(p, passes, weights, packed);
    weights = packed;
  }
  memset(staged, 0, p->stagedCount * sizeof(T));
  const size_t imageResults = p->groups * p->outer * p->resultArea;
  for (size_t i = 0; i < p->batch; i += LANES, results += LANES * imageResults) {
    NAME(stage_interleaved)(p, places, images + i * p->groups * p->inner * p->sourceArea, staged);
    for (size_t g = 0; g < p->groups; g++) {
      NAME(sum)(p, passes, 0, 1, staged + g * p->inner * p->channel,
                weights + g * p->inner * p->outer * p->taps, sums);
      for (size_t m = 0; m < p->outer; m++)
        NAME(place_interleaved)(p, places + p->sourceArea, sums + m * p->sums,
                                results + (g * p->outer + m) * p->resultArea, imageResults);
    }
  }
}

TARGET static void NAME(convolve)(const ck_plan *p, const T *weights, const T *images, T *results, void *workspace) {
  if (p->entry > 1) {
    NAME(convolve_interleaved)(p, weights, images, results, workspace);
    return;
  }
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
