#include "CKernels.h"

#include <string.h>

#include "shuffles.h"
#include "widest.h"

// Tiles that are multiplied together: with four rows of filters, twelve sums hide an addition's latency.
#define WINOGRAD_PANEL 3

#define T float

#if defined(__x86_64__)
#define TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define LANES 16
#define SUFFIX f32_v4
#include "lanes.h"
#include "winograd_template.h"
#include "lanes_end.h"
#undef TARGET

#define T float
#define TARGET __attribute__((target("arch=x86-64-v3")))
#define LANES 8
#define SUFFIX f32_v3
#include "lanes.h"
#include "winograd_template.h"
#include "lanes_end.h"
#undef TARGET
#define T float
#endif

#define TARGET
#define LANES 4
#define SUFFIX f32_v1
#include "lanes.h"
#include "winograd_template.h"
#include "lanes_end.h"
#undef TARGET

size_t ck_winograd_lanes(void) { return width() / sizeof(float); }

#define READ(v) winograd_read_f32_##v(t, gradient, channels, images, tiles, plane)
#define WRITE(v) winograd_write_f32_##v(t, channels, tiles, images, plane)
#define PRODUCTS(v) winograd_products_f32_##v(outer, inner, tiles, filters, wm, wc, windows, sums)
#define FILTERS(v) winograd_filters_f32_##v(outputs, channels, weights, turned, filters, pitch, apart)
#define GRADIENTS(v) winograd_filter_gradients_f32_##v(count, filters, apart, weights)

void ck_winograd_read(const ck_tiles *t, int gradient, size_t channels, const float *images, float *tiles,
                      float *plane) {
  WIDEST(READ)
}

void ck_winograd_write(const ck_tiles *t, size_t channels, const float *tiles, float *images, float *plane) {
  WIDEST(WRITE)
}

size_t ck_winograd_panel(void) { return WINOGRAD_PANEL; }

void ck_winograd_products(size_t outer, size_t inner, size_t tiles, const float *filters, size_t wm, size_t wc,
                          const float *windows, float *sums) {
  WIDEST(PRODUCTS)
}

void ck_winograd_filters(size_t outputs, size_t channels, const float *weights, int turned, float *filters,
                         size_t pitch, size_t apart) {
  WIDEST(FILTERS)
}

void ck_winograd_filter_gradients(size_t count, const float *filters, size_t apart, float *weights) {
  WIDEST(GRADIENTS)
}
