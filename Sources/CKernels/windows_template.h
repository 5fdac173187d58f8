// The functions on windows, for coefficients of type T; names end in SUFFIX. Included once for each type.

#define PASTE(a, b) a##_##b
#define NAMED(name, suffix) PASTE(name, suffix)
#define NAME(name) NAMED(name, SUFFIX)

WIDE void NAME(ck_windows_dot)(const ck_windows *g, const T *values, const double *weights, double *sums) {
  _Pragma("clang fp reassociate(on) contract(fast)")
  FOR_EACH_RUN(g)
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)values[at + i] * weights[to + i];
    sums[r] += sum;
  END_EACH_RUN
}

WIDE void NAME(ck_windows_magnitude_dot)(const ck_windows *g, const T *values, const double *weights, double *sums) {
  _Pragma("clang fp reassociate(on) contract(fast)")
  FOR_EACH_RUN(g)
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += fabs((double)values[at + i]) * weights[to + i];
    sums[r] += sum;
  END_EACH_RUN
}

WIDE void NAME(ck_windows_relax)(const ck_windows *g, const double *lowerSlope, const double *lowerOffset,
                           const double *upperSlope, const double *upperOffset, const double *reach, T *values,
                           ck_relaxed *sums) {
  FOR_EACH_RUN(g)
    const ck_relaxed sum =
        NAMED(relax_run, SUFFIX)(values + at, lowerSlope + to, lowerOffset + to, upperSlope + to, upperOffset + to, reach + to, n);
    sums[r].constant += sum.constant;
    sums[r].magnitude += sum.magnitude;
    sums[r].reach += sum.reach;
  END_EACH_RUN
}

void NAME(ck_windows_mask)(const ck_windows *g, T *values) {
  const size_t area = g->windowHeight * g->windowWidth;
  for (size_t r = 0; r < g->rows; r++) {
    const span ys = inside(g->tops[r], g->windowHeight, g->height);
    const span xs = inside(g->lefts[r], g->windowWidth, g->width);
    if (ys.begin == 0 && xs.begin == 0 && ys.end == (ptrdiff_t)g->windowHeight && xs.end == (ptrdiff_t)g->windowWidth)
      continue;
    for (size_t c = 0; c < g->channels; c++) {
      T *window = values + (c * g->rows + r) * area;
      for (ptrdiff_t y = 0; y < (ptrdiff_t)g->windowHeight; y++)
        for (ptrdiff_t x = 0; x < (ptrdiff_t)g->windowWidth; x++)
          if (y < ys.begin || y >= ys.end || x < xs.begin || x >= xs.end) window[y * (ptrdiff_t)g->windowWidth + x] = 0;
    }
  }
}

void NAME(ck_windows_spread)(const ck_windows *g, const T *values, T *rows) {
  FOR_EACH_RUN(g)
    memcpy(rows + r * g->channels * image + to, values + at, n * sizeof(T));
  END_EACH_RUN
}

WIDE void NAME(ck_windows_fold)(const ck_windows *g, const ck_convolution *k, size_t fromHeight, size_t fromWidth,
                          const T *columns, T *values) {
  const size_t area = g->windowHeight * g->windowWidth;
  const size_t from = fromHeight * fromWidth;
  memset(values, 0, g->channels * g->rows * area * sizeof(T));
  for (size_t c = 0; c < g->channels; c++)
    for (size_t ky = 0; ky < k->kernelHeight; ky++)
      for (size_t kx = 0; kx < k->kernelWidth; kx++) {
        const T *column = columns + ((c * k->kernelHeight + ky) * k->kernelWidth + kx) * g->rows * from;
        for (size_t r = 0; r < g->rows; r++)
          for (size_t y = 0; y < fromHeight; y++) {
            const T *source = column + r * from + y * fromWidth;
            T *target = values + (c * g->rows + r) * area +
                             (y * k->strideHeight + ky * k->dilationHeight) * g->windowWidth + kx * k->dilationWidth;
            for (size_t x = 0; x < fromWidth; x++) target[x * k->strideWidth] += source[x];
          }
      }
}

#undef NAME
#undef NAMED
#undef PASTE
#undef T
#undef SUFFIX
