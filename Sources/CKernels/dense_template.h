// Products of a matrix with centres and of its magnitudes with radii, for the vectors of lanes.h: each weight is read once
// for both.

// Elements of a row of weights that are kept in the first-level cache, with those of all vectors in the second.
#define DENSE_BLOCK ((size_t)(8192 / sizeof(T)))

// Rows that share what is read of three boxes: the widest vectors are twice as many as others.
#ifdef COMPRESS
#define DENSE_ROWS 4
#else
#define DENSE_ROWS 2
#endif

TARGET static inline __attribute__((always_inline)) T NAME(total)(NAME(vector) v) {
  T sum = 0;
  for (size_t i = 0; i < LANES; i++) sum += v[i];
  return sum;
}

// Adds the products of `height` rows of n weights with `count` centres and radii, both constants where this is called.
// Meanwhile `ahead` rows that are wanted later are fetched: matrices are larger than caches, and blocks of rows too short
// for a processor to notice what comes next.
TARGET static inline __attribute__((always_inline)) void NAME(dense_tile)(
    const size_t height, const size_t count, const T *weights, size_t n, size_t k, const T *centres, const T *radii,
    T *middles, T *spreads, size_t rows, const T *later, size_t ahead) {
  _Pragma("clang fp contract(fast)")
  NAME(vector) middle[DENSE_ROWS][3], spread[DENSE_ROWS][3];
  T middleEnd[DENSE_ROWS][3], spreadEnd[DENSE_ROWS][3];
  _Pragma("clang loop unroll(full)")
  for (size_t m = 0; m < height; m++) {
    _Pragma("clang loop unroll(full)")
    for (size_t b = 0; b < count; b++) {
      middle[m][b] = spread[m][b] = (NAME(vector)){0};
      middleEnd[m][b] = spreadEnd[m][b] = 0;
    }
  }
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    NAME(vector) w[DENSE_ROWS];
    for (size_t m = 0; m < ahead; m++) __builtin_prefetch(later + m * k + i, 0, 2);
    _Pragma("clang loop unroll(full)")
    for (size_t m = 0; m < height; m++) w[m] = LOAD(weights + m * k + i);
    _Pragma("clang loop unroll(full)")
    for (size_t b = 0; b < count; b++) {
      const NAME(vector) c = LOAD(centres + b * k + i);
      _Pragma("clang loop unroll(full)")
      for (size_t m = 0; m < height; m++) middle[m][b] += w[m] * c;
    }
    _Pragma("clang loop unroll(full)")
    for (size_t m = 0; m < height; m++) w[m] = __builtin_elementwise_abs(w[m]);
    _Pragma("clang loop unroll(full)")
    for (size_t b = 0; b < count; b++) {
      const NAME(vector) r = LOAD(radii + b * k + i);
      _Pragma("clang loop unroll(full)")
      for (size_t m = 0; m < height; m++) spread[m][b] += w[m] * r;
    }
  }
  for (; i < n; i++) {
    _Pragma("clang loop unroll(full)")
    for (size_t m = 0; m < height; m++) {
      const T w = weights[m * k + i], magnitude = w < 0 ? -w : w;
      _Pragma("clang loop unroll(full)")
      for (size_t b = 0; b < count; b++) {
        middleEnd[m][b] += w * centres[b * k + i];
        spreadEnd[m][b] += magnitude * radii[b * k + i];
      }
    }
  }
  _Pragma("clang loop unroll(full)")
  for (size_t m = 0; m < height; m++) {
    _Pragma("clang loop unroll(full)")
    for (size_t b = 0; b < count; b++) {
      middles[b * rows + m] += NAME(total)(middle[m][b]) + middleEnd[m][b];
      spreads[b * rows + m] += NAME(total)(spread[m][b]) + spreadEnd[m][b];
    }
  }
}

TARGET static void NAME(dense_balls)(const T *weights, size_t rows, size_t k, size_t batch, const T *centres,
                                     const T *radii, T *middles, T *spreads) {
  memset(middles, 0, batch * rows * sizeof(T));
  memset(spreads, 0, batch * rows * sizeof(T));
  for (size_t i = 0; i < k; i += DENSE_BLOCK) {
    const size_t n = k - i < DENSE_BLOCK ? k - i : DENSE_BLOCK;
    for (size_t m = 0, height; m < rows; m += height) {
      height = rows - m < DENSE_ROWS ? 1 : DENSE_ROWS;
      // The next rows are fetched by and by, some with each of the boxes' turns.
      const size_t turns = (batch + 2) / 3, each = (height + turns - 1) / turns;
      size_t fetched = m + 2 * height <= rows ? 0 : height;
      for (size_t b = 0, count; b < batch; b += count) {
        count = batch - b < 3 ? batch - b : 3;
        const size_t ahead = height - fetched < each ? height - fetched : each;
        const T *w = weights + m * k + i, *later = w + (height + fetched) * k;
        fetched += ahead;
#define TILE(h, c)                                                                                 \
  case h * 4 + c:                                                                                  \
    NAME(dense_tile)(h, c, w, n, k, centres + b * k + i, radii + b * k + i, middles + b * rows + m, \
                     spreads + b * rows + m, rows, later, ahead);                                  \
    break;
        switch (height * 4 + count) {
          TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(DENSE_ROWS, 1) TILE(DENSE_ROWS, 2) TILE(DENSE_ROWS, 3)
        }
#undef TILE
      }
    }
  }
}

#undef DENSE_BLOCK
#undef DENSE_ROWS
