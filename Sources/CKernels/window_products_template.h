// Products of windows with a convolution's kernels, for the vectors of lanes.h. As many rows as a vector has elements are
// interleaved: then a coefficient of a window is a vector, and a weight is the same for all of them.

// Adds to some entries of windows what `count` positions, `apart` from each other, give them by `run` weights that lie side
// by side: both constants where this is called.
TARGET static inline __attribute__((always_inline)) void NAME(pull_run)(
    const size_t run, const size_t count, const T *from, size_t outputs, const T *weights, size_t width, T *to,
    size_t apart) {
  _Pragma("clang fp contract(fast)")
  NAME(vector) sum[6][4];
  _Pragma("clang loop unroll(full)")
  for (size_t j = 0; j < run; j++) {
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++) sum[j][v] = (NAME(vector)){0};
  }
  for (size_t o = 0; o < outputs; o++, weights += width) {
    NAME(vector) x[4];
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++) x[v] = LOAD(from + (v * outputs + o) * LANES);
    _Pragma("clang loop unroll(full)")
    for (size_t j = 0; j < run; j++) {
      _Pragma("clang loop unroll(full)")
      for (size_t v = 0; v < count; v++) sum[j][v] += weights[j] * x[v];
    }
  }
  // The places of neighbouring positions overlap.
  _Pragma("clang loop unroll(full)")
  for (size_t v = 0; v < count; v++) {
    _Pragma("clang loop unroll(full)")
    for (size_t j = 0; j < run; j++) {
      T *place = to + v * apart + j * LANES;
      STORE(place, LOAD(place) + sum[j][v]);
    }
  }
}

// The same for a line of positions, in blocks of about twelve sums.
TARGET static void NAME(pull_line)(size_t run, size_t positions, const T *from, size_t outputs, const T *weights,
                                   size_t width, T *to, size_t apart) {
  const size_t most = run > 3 ? 2 : 4;
  while (positions > 0) {
    const size_t count = positions < most ? positions : most;
#define PULL(r, n)                                                                                 \
  case r * 8 + n: NAME(pull_run)(r, n, from, outputs, weights, width, to, apart); break;
    switch (run * 8 + count) {
      PULL(1, 1) PULL(1, 2) PULL(1, 3) PULL(1, 4)
      PULL(2, 1) PULL(2, 2) PULL(2, 3) PULL(2, 4)
      PULL(3, 1) PULL(3, 2) PULL(3, 3) PULL(3, 4)
      PULL(4, 1) PULL(4, 2) PULL(5, 1) PULL(5, 2) PULL(6, 1) PULL(6, 2)
    }
#undef PULL
    positions -= count;
    from += count * outputs * LANES;
    to += count * apart;
  }
}

// LANES rows of n coefficients as n vectors. Rows beyond the last are copies of it.
TARGET static void NAME(interleave_rows)(const T *rows, size_t count, size_t n, T *vectors) {
  if (n < LANES) {
    for (size_t r = 0; r < LANES; r++)
      for (size_t i = 0; i < n; i++) vectors[i * LANES + r] = rows[(r < count ? r : count - 1) * n + i];
    return;
  }
  for (size_t i = 0; i < n; i += LANES) {
    // The last vectors overlap those before.
    const size_t at = i + LANES > n ? n - LANES : i;
    NAME(vector) v[LANES];
    _Pragma("clang loop unroll(full)")
    for (size_t r = 0; r < LANES; r++) v[r] = LOAD(rows + (r < count ? r : count - 1) * n + at);
    NAME(transpose)(v);
    _Pragma("clang loop unroll(full)")
    for (size_t r = 0; r < LANES; r++) STORE(vectors + (at + r) * LANES, v[r]);
  }
}

// And back: the first `count` rows.
TARGET static void NAME(separate_rows)(const T *vectors, size_t count, size_t n, T *rows) {
  if (n < LANES) {
    for (size_t r = 0; r < count; r++)
      for (size_t i = 0; i < n; i++) rows[r * n + i] = vectors[i * LANES + r];
    return;
  }
  for (size_t i = 0; i < n; i += LANES) {
    const size_t at = i + LANES > n ? n - LANES : i;
    NAME(vector) v[LANES];
    _Pragma("clang loop unroll(full)")
    for (size_t r = 0; r < LANES; r++) v[r] = LOAD(vectors + (at + r) * LANES);
    NAME(transpose)(v);
    _Pragma("clang loop unroll(full)")
    for (size_t r = 0; r < LANES; r++)
      if (r < count) STORE(rows + r * n + at, v[r]);
  }
}

TARGET static void NAME(pull_windows)(const ck_convolution *g, size_t outputs, size_t fromHeight, size_t fromWidth,
                                      size_t rows, const T *kernels, const T *from, T *to, void *workspace) {
  const size_t c = g->channels, area = g->kernelHeight * g->kernelWidth;
  const size_t together = g->dilationWidth == 1 ? g->kernelWidth : 1, run = together * c;
  const size_t width = (fromWidth - 1) * g->strideWidth + (g->kernelWidth - 1) * g->dilationWidth + 1;
  const size_t height = (fromHeight - 1) * g->strideHeight + (g->kernelHeight - 1) * g->dilationHeight + 1;
  const size_t read = fromHeight * fromWidth * outputs, written = height * width * c;
  T *const sources = workspace, *const sums = sources + read * LANES;
  for (size_t first = 0; first < rows; first += LANES) {
    const size_t count = rows - first < LANES ? rows - first : LANES;
    NAME(interleave_rows)(from + first * read, count, read, sources);
    memset(sums, 0, written * LANES * sizeof(T));
    for (size_t tap = 0; tap < area; tap += together) {
      const size_t at = tap / g->kernelWidth * g->dilationHeight * width + tap % g->kernelWidth * g->dilationWidth;
      // Blocks of equal size.
      for (size_t blocks = (run + 5) / 6, j = 0, length; blocks > 0; blocks--, j += length) {
        length = (run - j + blocks - 1) / blocks;
        for (size_t y = 0; y < fromHeight; y++)
          NAME(pull_line)(length, fromWidth, sources + y * fromWidth * outputs * LANES, outputs,
                          kernels + tap * c + j, area * c,
                          sums + ((at + y * g->strideHeight * width) * c + j) * LANES, g->strideWidth * c * LANES);
      }
    }
    NAME(separate_rows)(sums, count, written, to + first * written);
  }
}
