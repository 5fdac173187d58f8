// Winograd's algorithm F(4×4, 3×3) on interleaved images, for the vectors of lanes.h. Every number below is a vector, one
// element for each of LANES images, except in the transforms of filters, where it is one for each of LANES filters.

#define V NAME(vector)
#define INLINE TARGET static inline __attribute__((always_inline))

// Each of these maps what lies `step` apart; what is written may be what is read.

// Bᵀ: six entries of a window.
INLINE void NAME(window)(const V *d, V *v, const size_t step) {
  _Pragma("clang fp contract(fast)")
  const V d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
  const V a = d4 - 4 * d2, b = d3 - 4 * d1, c = d4 - d2, e = 2 * (d3 - d1);
  v[0] = 4 * d0 - 5 * d2 + d4;
  v[step] = a + b;
  v[2 * step] = a - b;
  v[3 * step] = c + e;
  v[4 * step] = c - e;
  v[5 * step] = 4 * d1 - 5 * d3 + d5;
}

// A: four entries of a gradient become six.
INLINE void NAME(widen)(const V *d, V *v, const size_t step) {
  _Pragma("clang fp contract(fast)")
  const V d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
  const V a = d0 + d2, b = d1 + d3, c = d0 + 4 * d2, e = 2 * d1 + 8 * d3;
  v[0] = d0;
  v[step] = a + b;
  v[2 * step] = a - b;
  v[3 * step] = c + e;
  v[4 * step] = c - e;
  v[5 * step] = d3;
}

// Aᵀ: six entries become four of a result.
INLINE void NAME(narrow)(const V *m, V *y, const size_t step) {
  _Pragma("clang fp contract(fast)")
  const V m0 = m[0], m5 = m[5 * step];
  const V a = m[step] + m[2 * step], b = m[step] - m[2 * step];
  const V c = m[3 * step] + m[4 * step], e = m[3 * step] - m[4 * step];
  y[0] = m0 + a + c;
  y[step] = b + 2 * e;
  y[2 * step] = a + 4 * c;
  y[3 * step] = b + 8 * e + m5;
}

// G: three entries of a filter become six.
INLINE void NAME(filter)(const V *w, V *u, const size_t step) {
  _Pragma("clang fp contract(fast)")
  const V w0 = w[0], w1 = w[step], w2 = w[2 * step];
  const V a = (w0 + w2) * (T)(-1.0 / 6), b = w1 * (T)(1.0 / 6);
  const V c = w0 * (T)(1.0 / 24) + w2 * (T)(1.0 / 6), e = w1 * (T)(1.0 / 12);
  u[0] = w0 * (T)0.25;
  u[step] = a - b;
  u[2 * step] = a + b;
  u[3 * step] = c + e;
  u[4 * step] = c - e;
  u[5 * step] = w2;
}

// Gᵀ: six entries become three of a filter's gradient.
INLINE void NAME(filter_gradient)(const V *s, V *w, const size_t step) {
  _Pragma("clang fp contract(fast)")
  const V s0 = s[0], s5 = s[5 * step];
  const V a = s[step] + s[2 * step], b = s[2 * step] - s[step];
  const V c = s[3 * step] + s[4 * step], e = s[3 * step] - s[4 * step];
  w[0] = s0 * (T)0.25 - a * (T)(1.0 / 6) + c * (T)(1.0 / 24);
  w[step] = b * (T)(1.0 / 6) + e * (T)(1.0 / 12);
  w[2 * step] = c * (T)(1.0 / 6) - a * (T)(1.0 / 6) + s5;
}

// Positions begin to end of LANES images, `apart` from one to the next, become vectors: rows of `width` that lie `pitch`
// vectors apart. The last vectors overlap those before.
TARGET static void NAME(interleave_rows)(const T *images, size_t apart, size_t width, size_t count, T *to, size_t pitch) {
  if (count < LANES) {
    for (size_t i = 0; i < count; i++)
      for (size_t n = 0; n < LANES; n++) to[(i / width * pitch + i % width) * LANES + n] = images[n * apart + i];
    return;
  }
  for (size_t i = 0; i < count; i += LANES) {
    const size_t at = i + LANES > count ? count - LANES : i;
    V v[LANES];
    _Pragma("clang loop unroll(full)")
    for (size_t n = 0; n < LANES; n++) v[n] = LOAD(images + n * apart + at);
    NAME(transpose)(v);
    size_t x = at % width;
    T *row = to + at / width * pitch * LANES;
    _Pragma("clang loop unroll(full)")
    for (size_t n = 0; n < LANES; n++) {
      STORE(row + x * LANES, v[n]);
      if (++x == width) x = 0, row += pitch * LANES;
    }
  }
}

// The other way round.
TARGET static void NAME(separate_rows)(const T *from, size_t pitch, size_t width, size_t count, T *images, size_t apart) {
  if (count < LANES) {
    for (size_t i = 0; i < count; i++)
      for (size_t n = 0; n < LANES; n++) images[n * apart + i] = from[(i / width * pitch + i % width) * LANES + n];
    return;
  }
  for (size_t i = 0; i < count; i += LANES) {
    const size_t at = i + LANES > count ? count - LANES : i;
    V v[LANES];
    size_t x = at % width;
    const T *row = from + at / width * pitch * LANES;
    _Pragma("clang loop unroll(full)")
    for (size_t n = 0; n < LANES; n++) {
      v[n] = LOAD(row + x * LANES);
      if (++x == width) x = 0, row += pitch * LANES;
    }
    NAME(transpose)(v);
    _Pragma("clang loop unroll(full)")
    for (size_t n = 0; n < LANES; n++) STORE(images + n * apart + at, v[n]);
  }
}

TARGET static void NAME(winograd_read)(const ck_tiles *t, int gradient, size_t channels, const T *images, T *tiles,
                                       T *plane) {
  const size_t span = gradient ? 4 : 6, extra = span - 4;
  const size_t pitch = 4 * t->columns + extra, area = t->height * t->width, panel = t->panel;
  // The rows of the image that the block reads, and where the first one lies in the plane.
  const size_t lead = gradient ? 0 : t->top, left = gradient ? 0 : t->left;
  const size_t low = 4 * t->row, high = 4 * (t->row + t->rows) + extra;
  const size_t first = low > lead ? low - lead : 0;
  const size_t end = high < lead ? 0 : high - lead < t->height ? high - lead : t->height;
  const size_t skipped = low > lead ? 0 : lead - low;
  memset(plane, 0, (4 * t->rows + extra) * pitch * sizeof(V));
  for (size_t c = 0; c < channels; c++) {
    if (end > first)
      NAME(interleave_rows)(images + c * area + first * t->width, channels * area, t->width, (end - first) * t->width,
                            plane + (skipped * pitch + left) * LANES, pitch);
    size_t inPanel = 0;
    T *to = tiles + c * panel * LANES;
    for (size_t y = 0; y < t->rows; y++)
      for (size_t x = 0; x < t->columns; x++, to += LANES) {
        if (inPanel == panel) inPanel = 0, to += (channels - 1) * panel * LANES;
        inPanel++;
        V v[36];
        const T *from = plane + 4 * (y * pitch + x) * LANES;
        if (gradient) {
          _Pragma("clang loop unroll(full)")
          for (size_t i = 0; i < 4; i++) {
            V d[4];
            _Pragma("clang loop unroll(full)")
            for (size_t j = 0; j < 4; j++) d[j] = LOAD(from + (i * pitch + j) * LANES);
            NAME(widen)(d, v + 6 * i, 1);
          }
          _Pragma("clang loop unroll(full)")
          for (size_t j = 0; j < 6; j++) {
            V u[6];
            const V d[4] = {v[j], v[6 + j], v[12 + j], v[18 + j]};
            NAME(widen)(d, u, 1);
            _Pragma("clang loop unroll(full)")
            for (size_t i = 0; i < 6; i++) STORE(to + (6 * i + j) * t->apart, u[i]);
          }
        } else {
          _Pragma("clang loop unroll(full)")
          for (size_t i = 0; i < 6; i++) {
            V d[6];
            _Pragma("clang loop unroll(full)")
            for (size_t j = 0; j < 6; j++) d[j] = LOAD(from + (i * pitch + j) * LANES);
            NAME(window)(d, v + 6 * i, 1);
          }
          _Pragma("clang loop unroll(full)")
          for (size_t j = 0; j < 6; j++) {
            NAME(window)(v + j, v + j, 6);
            _Pragma("clang loop unroll(full)")
            for (size_t i = 0; i < 6; i++) STORE(to + (6 * i + j) * t->apart, v[6 * i + j]);
          }
        }
      }
  }
}

TARGET static void NAME(winograd_write)(const ck_tiles *t, size_t channels, const T *tiles, T *images, T *plane) {
  const size_t pitch = 4 * t->columns, area = t->height * t->width, panel = t->panel;
  const size_t low = 4 * t->row, high = low + 4 * t->rows < t->height ? low + 4 * t->rows : t->height;
  for (size_t c = 0; c < channels; c++) {
    size_t inPanel = 0;
    const T *from = tiles + c * panel * LANES;
    for (size_t y = 0; y < t->rows; y++)
      for (size_t x = 0; x < t->columns; x++, from += LANES) {
        if (inPanel == panel) inPanel = 0, from += (channels - 1) * panel * LANES;
        inPanel++;
        V v[24];
        _Pragma("clang loop unroll(full)")
        for (size_t j = 0; j < 6; j++) {
          V m[6], r[4];
          _Pragma("clang loop unroll(full)")
          for (size_t i = 0; i < 6; i++) m[i] = LOAD(from + (6 * i + j) * t->apart);
          NAME(narrow)(m, r, 1);
          _Pragma("clang loop unroll(full)")
          for (size_t i = 0; i < 4; i++) v[6 * i + j] = r[i];
        }
        T *to = plane + 4 * (y * pitch + x) * LANES;
        _Pragma("clang loop unroll(full)")
        for (size_t i = 0; i < 4; i++) {
          V r[4];
          NAME(narrow)(v + 6 * i, r, 1);
          _Pragma("clang loop unroll(full)")
          for (size_t j = 0; j < 4; j++) STORE(to + (i * pitch + j) * LANES, r[j]);
        }
      }
    NAME(separate_rows)(plane, pitch, t->width, (high - low) * t->width, images + c * area + low * t->width,
                        channels * area);
  }
}

// A block of products: `height` rows of filters, both constants where this is called, with a panel of `count` tiles.
INLINE void NAME(panel_tile)(const size_t height, const size_t count, const T *filters, size_t wm, size_t wc,
                             const T *panel, size_t channels, T *sums) {
  _Pragma("clang fp contract(fast)")
  V sum[4][WINOGRAD_PANEL];
  _Pragma("clang loop unroll(full)")
  for (size_t m = 0; m < height; m++) {
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++) sum[m][v] = (V){0};
  }
  for (size_t c = 0; c < channels; c++, filters += wc, panel += WINOGRAD_PANEL * LANES) {
    V x[WINOGRAD_PANEL];
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++) x[v] = LOAD(panel + v * LANES);
    _Pragma("clang loop unroll(full)")
    for (size_t m = 0; m < height; m++) {
      _Pragma("clang loop unroll(full)")
      for (size_t v = 0; v < count; v++) sum[m][v] += filters[m * wm] * x[v];
    }
  }
  _Pragma("clang loop unroll(full)")
  for (size_t m = 0; m < height; m++) {
    _Pragma("clang loop unroll(full)")
    for (size_t v = 0; v < count; v++) STORE(sums + (m * WINOGRAD_PANEL + v) * LANES, sum[m][v]);
  }
}

TARGET static void NAME(winograd_products)(size_t outer, size_t inner, size_t tiles, const T *filters, size_t wm,
                                           size_t wc, const T *windows, T *sums) {
  for (size_t q = 0; q < tiles; q += WINOGRAD_PANEL) {
    const size_t count = tiles - q < WINOGRAD_PANEL ? tiles - q : WINOGRAD_PANEL;
    const T *panel = windows + q * inner * LANES;
    for (size_t m = 0; m < outer; m += 4) {
      const size_t height = outer - m < 4 ? outer - m : 4;
      T *to = sums + (q * outer + m * WINOGRAD_PANEL) * LANES;
#define TILE(h, k)                                                                                 \
  case h * 4 + k: NAME(panel_tile)(h, k, filters + m * wm, wm, wc, panel, inner, to); break;
      switch (height * 4 + count) {
        TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(2, 1) TILE(2, 2) TILE(2, 3)
        TILE(3, 1) TILE(3, 2) TILE(3, 3) TILE(4, 1) TILE(4, 2) TILE(4, 3)
      }
#undef TILE
    }
  }
}

TARGET static void NAME(winograd_filters)(size_t outputs, size_t channels, const T *weights, int turned, T *filters,
                                          size_t pitch, size_t apart) {
  for (size_t m = 0; m < outputs; m++, filters += pitch, weights += channels * 9)
    for (size_t c = 0; c < channels; c += LANES) {
      const size_t filled = channels - c < LANES ? channels - c : LANES;
      V w[9] = {0}, u[18];
      for (size_t n = 0; n < filled; n++)
        for (size_t i = 0; i < 9; i++) w[turned ? 8 - i : i][n] = weights[(c + n) * 9 + i];
      _Pragma("clang loop unroll(full)")
      for (size_t i = 0; i < 3; i++) NAME(filter)(w + i, u + i, 3);
      _Pragma("clang loop unroll(full)")
      for (size_t i = 0; i < 6; i++) {
        V f[6];
        NAME(filter)(u + 3 * i, f, 1);
        for (size_t j = 0; j < 6; j++) {
          T *to = filters + (6 * i + j) * apart + c;
          if (filled == LANES) STORE(to, f[j]);
          else for (size_t n = 0; n < filled; n++) to[n] = f[j][n];
        }
      }
    }
}

TARGET static void NAME(winograd_filter_gradients)(size_t count, const T *filters, size_t apart, T *weights) {
  for (size_t k = 0; k < count; k += LANES) {
    const size_t filled = count - k < LANES ? count - k : LANES;
    V s[36] = {0}, u[18], w[9];
    for (size_t i = 0; i < 36; i++) {
      const T *from = filters + i * apart + k;
      if (filled == LANES) s[i] = LOAD(from);
      else for (size_t n = 0; n < filled; n++) s[i][n] = from[n];
    }
    _Pragma("clang loop unroll(full)")
    for (size_t j = 0; j < 6; j++) NAME(filter_gradient)(s + j, u + j, 6);
    _Pragma("clang loop unroll(full)")
    for (size_t i = 0; i < 3; i++) NAME(filter_gradient)(u + 6 * i, w + 3 * i, 1);
    for (size_t n = 0; n < filled; n++)
      for (size_t i = 0; i < 9; i++) weights[(k + n) * 9 + i] += w[i][n];
  }
}

#undef V
#undef INLINE
