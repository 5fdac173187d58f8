// The functions on windows, for coefficients of type T; names end in SUFFIX. Included once for each type.

#define PASTE(a, b) a##_##b
#define NAMED(name, suffix) PASTE(name, suffix)
#define NAME(name) NAMED(name, SUFFIX)

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

#undef NAME
#undef NAMED
#undef PASTE
#undef T
#undef SUFFIX
