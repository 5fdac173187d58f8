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
  if (s.end < s.begin) s.end = s.begin;
  return s;
}

#define FOR_EACH_RUN(g)                                                                            \
  const size_t area = (g)->windowHeight * (g)->windowWidth;                                        \
  const size_t image = (g)->height * (g)->width;                                                   \
  for (size_t r = 0; r < (g)->rows; r++) {                                                         \
    const ptrdiff_t top = (g)->tops[r], left = (g)->lefts[r];                                      \
    const span ys = inside(top, (g)->windowHeight, (g)->height);                                   \
    const span xs = inside(left, (g)->windowWidth, (g)->width);                                    \
    const size_t n = (size_t)(xs.end - xs.begin);                                                  \
    for (size_t c = 0; c < (g)->channels; c++)                                                     \
      for (ptrdiff_t y = ys.begin; y < ys.end; y++) {                                              \
        const size_t at = (c * (g)->rows + r) * area + (size_t)y * (g)->windowWidth + (size_t)xs.begin; \
        const size_t to = c * image + (size_t)(top + y) * (g)->width + (size_t)(left + xs.begin);

#define END_EACH_RUN } }

#define T double
#define SUFFIX f64
#include "windows_template.h"

#define T float
#define SUFFIX f32
#include "windows_template.h"
