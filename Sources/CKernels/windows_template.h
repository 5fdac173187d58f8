// The functions on windows, for coefficients of type T; names end in SUFFIX. Included once for each type.

#define PASTE(a, b) a##_##b
#define NAMED(name, suffix) PASTE(name, suffix)
#define NAME(name) NAMED(name, SUFFIX)
// Four coefficients: most runs are a few of these, which a compiler that plans for long loops would leave to its tail.
#define SHORT_VECTOR NAME(short_vector)
typedef T SHORT_VECTOR __attribute__((vector_size(4 * sizeof(T))));

WIDE void NAME(ck_windows_sum)(const ck_windows *g, const T *values, const double *weights, const double *reach,
                               ck_row_sums *sums) {
  _Pragma("clang fp reassociate(on) contract(fast)")
  FOR_EACH_RUN(g)
    double value = 0, met = 0;
    for (size_t i = 0; i < n; i++) {
      const double a = values[at + i];
      value += a * weights[to + i];
      met += fabs(a) * reach[to + i];
    }
    sums[r].value += value;
    sums[r].reach += met;
  END_EACH_RUN
}

WIDE void NAME(ck_windows_largest)(const ck_windows *g, const T *values, const double *centre, const double *radius,
                                   ck_row_sums *sums) {
  _Pragma("clang fp reassociate(on) contract(fast)")
  FOR_EACH_RUN(g)
    double value = 0, met = 0;
    for (size_t i = 0; i < n; i++) {
      const double a = values[at + i];
      value += a * centre[to + i] + fabs(a) * radius[to + i];
      met += fabs(a) * (fabs(centre[to + i]) + radius[to + i]);
    }
    sums[r].value += value;
    sums[r].reach += met;
  END_EACH_RUN
}

WIDE void NAME(ck_windows_relax)(const ck_windows *g, const double *lowerSlope, const double *lowerOffset,
                                 const double *upperSlope, const double *upperOffset, const double *reach, T *values,
                                 ck_relaxed *sums) {
  FOR_EACH_RUN(g)
    ck_relaxed sum;
    NAMED(relax_runs, SUFFIX)(values + at, 1, lowerSlope + to, lowerOffset + to, upperSlope + to, upperOffset + to,
                              reach + to, n, &sum);
    sums[r].constant += sum.constant;
    sums[r].magnitude += sum.magnitude;
    sums[r].reach += sum.reach;
  END_EACH_RUN
}

void NAME(ck_windows_mask)(const ck_windows *g, T *values) {
  const size_t c = g->channels, width = g->windowWidth;
  for (size_t r = 0; r < g->rows; r++) {
    const span ys = inside(g->tops[r], g->windowHeight, g->height);
    const span xs = inside(g->lefts[r], width, g->width);
    for (ptrdiff_t y = 0; y < (ptrdiff_t)g->windowHeight; y++) {
      T *line = values + (r * g->windowHeight + (size_t)y) * width * c;
      if (y < ys.begin || y >= ys.end) {
        memset(line, 0, width * c * sizeof(T));
      } else {
        memset(line, 0, (size_t)xs.begin * c * sizeof(T));
        memset(line + (size_t)xs.end * c, 0, (width - (size_t)xs.end) * c * sizeof(T));
      }
    }
  }
}

void NAME(ck_windows_spread)(const ck_windows *g, const T *values, T *rows) {
  const size_t c = g->channels, image = g->height * g->width;
  FOR_EACH_RUN(g)
    T *row = rows + r * c * image + to / c;
    for (size_t k = 0; k < c; k++)
      for (size_t x = 0; x < n / c; x++) row[k * image + x] = values[at + x * c + k];
  END_EACH_RUN
}

WIDE void NAME(ck_windows_fold)(const ck_windows *g, const ck_convolution *k, size_t firstRow, size_t rows,
                                size_t fromHeight, size_t fromWidth, const T *columns, T *values) {
  const size_t c = g->channels, width = g->windowWidth, size = g->windowHeight * width * c;
  const size_t together = k->dilationWidth == 1 ? k->kernelWidth : 1;
  const size_t run = together * c, padded = ck_padded_run(run);
  memset(values + firstRow * size, 0, rows * size * sizeof(T));
  const size_t lines = fromHeight * fromWidth * k->kernelHeight * (k->kernelWidth / together);
  // Neighbouring positions add to places that overlap, and a sum must not wait for the one before: rows take turns.
  const size_t turns = 8;
  for (size_t first = firstRow; first < firstRow + rows; first += turns, columns += turns * lines * padded) {
    const size_t count = firstRow + rows - first < turns ? firstRow + rows - first : turns;
    const T *column = columns;
    for (size_t y = 0; y < fromHeight; y++)
      for (size_t x = 0; x < fromWidth; x++)
        for (size_t ky = 0; ky < k->kernelHeight; ky++)
          for (size_t kx = 0; kx < k->kernelWidth; kx += together, column += padded) {
            const size_t at = ((y * k->strideHeight + ky * k->dilationHeight) * width + x * k->strideWidth +
                               kx * k->dilationWidth) * c;
            // Padding adds zeros to what follows, in this row's window; at its very end nothing may.
            const size_t n = at + padded <= size ? padded : run;
            for (size_t r = 0; r < count; r++) {
              T *target = values + (first + r) * size + at;
              const T *part = column + r * lines * padded;
              size_t i = 0;
              for (; i + 4 <= n; i += 4) {
                SHORT_VECTOR sum, more;
                memcpy(&sum, target + i, sizeof sum);
                memcpy(&more, part + i, sizeof more);
                sum += more;
                memcpy(target + i, &sum, sizeof sum);
              }
              for (; i < n; i++) target[i] += part[i];
            }
          }
  }
}

#undef SHORT_VECTOR
#undef NAME
#undef NAMED
#undef PASTE
#undef T
#undef SUFFIX
