#include "CKernels.h"
#include <math.h>
#include <string.h>

#include "clones.h"
#include "relax.h"

// The part of a window that lies inside the image, along one axis.
typedef struct { ptrdiff_t begin, end; } span;

static span inside(ptrdiff_t start, size_t length, size_t extent) {
  span s = {start < 0 ? -start : 0, (ptrdiff_t)length};
  if (start + s.end > (ptrdiff_t)extent) s.end = (ptrdiff_t)extent - start;
  // A window that lies outside altogether has an empty part, at its beginning.
  return s.begin < s.end ? s : (span){0, 0};
}

// Runs of n coefficients that lie side by side in row r's window, from `at`, and in the image, from `to`.
#define FOR_EACH_RUN(g)                                                                            \
  for (size_t r = 0; r < (g)->rows; r++) {                                                         \
    const ptrdiff_t top = (g)->tops[r], left = (g)->lefts[r];                                      \
    const span ys = inside(top, (g)->windowHeight, (g)->height);                                   \
    const span xs = inside(left, (g)->windowWidth, (g)->width);                                    \
    const size_t n = (size_t)(xs.end - xs.begin) * (g)->channels;                                  \
    for (ptrdiff_t y = ys.begin; y < ys.end; y++) {                                                \
      const size_t at =                                                                            \
          ((r * (g)->windowHeight + (size_t)y) * (g)->windowWidth + (size_t)xs.begin) * (g)->channels; \
      const size_t to = ((size_t)(top + y) * (g)->width + (size_t)(left + xs.begin)) * (g)->channels;

#define END_EACH_RUN } }

#define T double
#define SUFFIX f64
#include "windows_template.h"

#define T float
#define SUFFIX f32
#include "windows_template.h"
