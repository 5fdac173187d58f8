// Convolutions by what each element adds, for the vectors of lanes.h: see scatter.h.

// Adds to a block's sums what the nonzero elements of one position give them: `count` is constant where this is called.
TARGET static inline __attribute__((always_inline)) void NAME(scatter_block)(
    const size_t count, const size_t *to, const T *weights, const T *values, const unsigned *offsets, size_t elements,
    T *sums) {
  _Pragma("clang fp contract(fast)")
  NAME(vector) sum[ck_block];
  _Pragma("clang loop unroll(full)")
  for (size_t v = 0; v < count; v++) sum[v] = LOAD(sums + to[v]);
  for (size_t e = 0; e < elements; e++) {
    const T *w = weights + offsets[e];
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++) sum[v] += values[e] * LOAD(w + v * LANES);
  }
  _Pragma("clang loop unroll(full)")
  for (size_t v = 0; v < count; v++) STORE(sums + to[v], sum[v]);
}

// One block of a phase's windows, at all its positions.
TARGET static inline __attribute__((always_inline)) void NAME(scatter_positions)(
    const size_t count, const ck_scatter *p, size_t chunk, const ck_scatter_position *position, size_t positions,
    const ck_scatter_block *block, const T *weights, const unsigned *counts, const T *values, const unsigned *offsets,
    T *sums) {
  weights += block->packed;
  for (; positions > 0; positions--, position++) {
    const size_t at = position->source * p->chunks + chunk, first = position->source * p->inner + chunk * p->chunk;
    if (counts[at] > 0)
      NAME(scatter_block)(count, block->to, weights, values + first, offsets + first, counts[at],
                          sums + position->to);
  }
}

// The elements [begin, end) that are not zero, and their positions times `apart`: written in any case, and kept where it is
// not zero, for what comes cannot be predicted. Up to a vector is written, and read, behind the last.
TARGET static inline unsigned NAME(nonzero)(const T *elements, size_t begin, size_t end, unsigned apart, T *values,
                                            unsigned *offsets) {
  unsigned count = 0;
#ifdef COMPRESS
  for (size_t i = begin; i < end; i += LANES)
    count += COMPRESS(elements + i, end - i, (unsigned)i, apart, values + count, offsets + count);
#else
  for (size_t i = begin; i < end; i++) {
    values[count] = elements[i];
    offsets[count] = (unsigned)i * apart;
    count += elements[i] != 0;
  }
#endif
  return count;
}

// The elements of a group's channels that are not zero, for each position and chunk: their values and where their weights
// lie in a block.
TARGET static void NAME(scatter_elements)(const ck_scatter *p, const T *source, T *staged, unsigned *counts, T *values,
                                          unsigned *offsets) {
  const size_t inner = p->inner, area = p->sourceArea, width = (inner + LANES - 1) / LANES * LANES;
  for (size_t i = 0; i < area; i += LANES) {
    // The last vectors overlap those before.
    const size_t at = i + LANES > area ? area - LANES : i;
    for (size_t c = 0; c < inner; c += LANES) {
      NAME(vector) v[LANES];
      _Pragma("clang loop unroll(full)")
      for (size_t n = 0; n < LANES; n++)
        v[n] = c + n < inner ? (NAME(vector))LOAD(source + (c + n) * area + at) : (NAME(vector)){0};
      NAME(transpose)(v);
      _Pragma("clang loop unroll(full)")
      for (size_t n = 0; n < LANES; n++) STORE(staged + n * width + c, v[n]);
    }
    for (size_t n = 0; n < LANES; n++)
      for (size_t c = 0, k = 0; c < inner; c += p->chunk, k++) {
        const size_t end = c + p->chunk < inner ? c + p->chunk : inner, first = (at + n) * inner + c;
        counts[(at + n) * p->chunks + k] =
            NAME(nonzero)(staged + n * width, c, end, ck_block * LANES, values + first, offsets + first);
      }
  }
}

// Weights [outputs, channels, taps] as the blocks read them: by squares of result channels and taps, but for the last few,
// behind which there may be nothing to read.
TARGET static void NAME(scatter_pack)(const ck_scatter *p, const size_t *tapPlaces, const T *weights, T *packed) {
  const size_t taps = p->y.kernel * p->x.kernel, all = p->groups * p->inner * p->outer * taps;
  // From one channel that is summed over to the next, and from one of the result to the next.
  const size_t alongInner = p->y.transposed ? p->outer * taps : taps;
  const size_t alongOuter = p->y.transposed ? taps : p->inner * taps;
  const size_t apart = ck_block * LANES;
  for (size_t g = 0; g < p->groups; g++, packed += p->blocks * p->inner * apart)
    for (size_t c = 0; c < p->inner; c++)
      for (size_t m = 0; m < p->outer; m += LANES) {
        const size_t channels = p->outer - m < LANES ? p->outer - m : LANES;
        const size_t first = g * p->inner * p->outer * taps + c * alongInner + m * alongOuter;
        for (size_t t = 0; t < taps; t += LANES) {
          const size_t count = taps - t < LANES ? taps - t : LANES;
          const T *from = weights + first + t;
          NAME(vector) v[LANES];
          if (first + t + (channels - 1) * alongOuter + LANES <= all) {
            _Pragma("clang loop unroll(full)")
            for (size_t n = 0; n < LANES; n++)
              v[n] = n < channels ? (NAME(vector))LOAD(from + n * alongOuter) : (NAME(vector)){0};
          } else {
            T *const square = (T *)v;
            for (size_t n = 0; n < LANES; n++)
              for (size_t i = 0; i < LANES; i++)
                square[n * LANES + i] = n < channels && i < count ? from[n * alongOuter + i] : 0;
          }
          NAME(transpose)(v);
          for (size_t i = 0; i < count; i++)
            STORE(packed + tapPlaces[(t + i) * p->vectors + m / LANES] + c * apart, v[i]);
        }
      }
}

// Puts a group's sums where they belong.
TARGET static void NAME(scatter_place)(const ck_scatter *p, const size_t *places, const T *sums, T *result) {
  const size_t area = p->resultArea;
  for (size_t m = 0; m < p->outer; m += LANES)
    for (size_t i = 0; i < area; i += LANES) {
      const size_t at = i + LANES > area ? area - LANES : i;
      NAME(vector) v[LANES];
      _Pragma("clang loop unroll(full)")
      for (size_t n = 0; n < LANES; n++) v[n] = LOAD(sums + places[at + n] + m);
      NAME(transpose)(v);
      _Pragma("clang loop unroll(full)")
      for (size_t n = 0; n < LANES; n++)
        if (m + n < p->outer) STORE(result + (m + n) * area + at, v[n]);
    }
}

TARGET static void NAME(scatter)(const ck_scatter *p, size_t batch, const T *weights, const T *source, T *result,
                                 void *workspace) {
  char *const base = workspace;
  const ck_scatter_phase *phases = ck_scatter_list(p, LANES, workspace);
  const ck_scatter_block *blocks = (const ck_scatter_block *)(base + p->blocksAt);
  const ck_scatter_position *positions = (const ck_scatter_position *)(base + p->positionsAt);
  T *packed = (T *)(base + p->packedAt), *values = (T *)(base + p->valuesAt), *sums = (T *)(base + p->sumsAt);
  unsigned *counts = (unsigned *)(base + p->countsAt), *offsets = (unsigned *)(base + p->offsetsAt);
  NAME(scatter_pack)(p, (const size_t *)(base + p->tapsAt), weights, packed);
  for (size_t i = 0; i < batch * p->groups; i++) {
    const T *w = packed + i % p->groups * p->blocks * p->inner * ck_block * LANES;
    NAME(scatter_elements)(p, source + i * p->inner * p->sourceArea, (T *)(base + p->stagedAt), counts, values,
                           offsets);
    memset(sums, 0, p->plane * sizeof(T));
    for (size_t f = 0; f < p->phases; f++)
      for (size_t chunk = 0; chunk < p->chunks; chunk++)
        for (size_t b = phases[f].block; b < phases[f].blockEnd; b++) {
          const ck_scatter_position *first = positions + phases[f].position;
          const size_t count = phases[f].positionEnd - phases[f].position;
#define SCATTER(n)                                                                                            \
  case n:                                                                                                     \
    NAME(scatter_positions)(n, p, chunk, first, count, blocks + b, w, counts, values, offsets, sums);         \
    break;
          switch (blocks[b].count) {
            SCATTER(1) SCATTER(2) SCATTER(3) SCATTER(4) SCATTER(5) SCATTER(6) SCATTER(7) SCATTER(8)
          }
#undef SCATTER
        }
    NAME(scatter_place)(p, (const size_t *)(base + p->placesAt), sums, result + i * p->outer * p->resultArea);
  }
}
