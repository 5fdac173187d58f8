#include "convolution.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static size_t least(size_t a, size_t b) { return a < b ? a : b; }
static size_t most(size_t a, size_t b) { return a > b ? a : b; }
static size_t ceiling(size_t a, size_t b) { return (a + b - 1) / b; }

// The number of different phases that taps fall on when all strides and dilations are used.
static size_t period(const ck_axis *a) {
  size_t m = a->stride, n = a->dilation;
  while (n) { const size_t r = m % n; m = n; n = r; }
  return a->stride / m;
}

static size_t positions(const ck_axis *a, size_t pass) {
  return a->transposed ? ceiling(a->result - pass, a->stride) : a->result;
}

// Whether a pass has a tap, and how far from a position's entry the tap's entry lies (`lead` apart).
static int tap(const ck_axis *a, size_t pass, size_t j, ptrdiff_t *shift) {
  const size_t at = j * a->dilation;
  if (!a->transposed) { *shift = (ptrdiff_t)(at / a->stride); return 1; }
  // Result element pass + i·stride is, with the pad, phase + (first + i)·stride.
  const size_t phase = (pass + a->pad) % a->stride, first = (pass + a->pad) / a->stride;
  *shift = (ptrdiff_t)first - (ptrdiff_t)(at / a->stride);
  return at % a->stride == phase;
}

ck_span ck_axis_span(const ck_axis *a, size_t slot) {
  if (a->transposed) return (ck_span){a->lead, least(a->lead + a->source, a->reach), 0, 1};
  // Entry e is padded element e·stride + phase.
  const size_t phase = slot * a->dilation % a->stride;
  const size_t begin = a->pad > phase ? ceiling(a->pad - phase, a->stride) : 0;
  const size_t last = a->source + a->pad;
  const size_t end = least(last > phase ? ceiling(last - phase, a->stride) : 0, a->reach);
  return (ck_span){begin, end, begin * a->stride + phase - a->pad, a->stride};
}

static ck_axis axis(size_t kernel, size_t stride, size_t dilation, size_t pad, size_t input, size_t output,
                    int transposed) {
  ck_axis a = {.kernel = kernel, .stride = stride, .dilation = dilation, .pad = pad, .transposed = transposed};
  a.source = transposed ? output : input;
  a.result = transposed ? input : output;
  a.passes = transposed ? least(stride, input) : 1;
  a.slots = transposed ? 1 : least(kernel, period(&a));
  ptrdiff_t low = 0, high = 0;
  for (size_t f = 0; f < a.passes; f++)
    for (size_t j = 0; j < kernel; j++) {
      ptrdiff_t shift;
      if (!tap(&a, f, j, &shift)) continue;
      if (shift < low) low = shift;
      if (shift + (ptrdiff_t)positions(&a, f) > high) high = shift + (ptrdiff_t)positions(&a, f);
    }
  a.lead = (size_t)-low;
  a.reach = (size_t)(high - low);
  a.pitch = positions(&a, 0);
  for (size_t s = 0; s < a.slots; s++) {
    const ck_span span = ck_axis_span(&a, s);
    if (span.begin < span.end) a.pitch = most(a.pitch, most(span.end, a.reach - span.begin));
  }
  return a;
}

// A part of a second-level cache holds what a block reads of the planes.
static const size_t readBytes = 128 << 10;
// Sums that are as long as this hide what loading and storing them costs.
static const size_t longSum = 144;
// Vectors that share each weight read.
static const size_t sharedVectors = 24;

// A part of a second-level cache holds all planes and sums of interleaved images: half of it, where its size is known.
static size_t interleavedBytes(void) {
  static const size_t fewest = 256 << 10, largest = 512 << 10;
  // Asking takes longer than a small product.
  static _Atomic size_t known;
  size_t bytes = atomic_load_explicit(&known, memory_order_relaxed);
  if (bytes > 0) return bytes;
  bytes = fewest;
#ifdef _SC_LEVEL2_CACHE_SIZE
  const long cache = sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (cache > 0) bytes = most(fewest, least(largest, (size_t)cache / 2));
#endif
  atomic_store_explicit(&known, bytes, memory_order_relaxed);
  return bytes;
}

// Passes of a transposed product: the product of the strides.
static const size_t mostPasses = 16;

// Rows, images and channels of a block.
static void divide(ck_plan *p, size_t elementBytes, size_t lanes) {
  const size_t slots = p->y.slots * p->x.slots, budget = readBytes / (elementBytes * p->entry);
  const size_t wanted = least(p->inner, ceiling(longSum, most(1, p->taps / (p->y.passes * p->x.passes))));
  const size_t height = positions(&p->y, 0), pitch = p->x.pitch, extra = p->y.reach - least(p->y.reach, height);
  const size_t budgetRows = budget / (wanted * slots * pitch);
  const size_t fewest = p->entry > 1 ? height : ceiling(sharedVectors * lanes, pitch);
  p->rows = least(height, most(budgetRows > extra ? budgetRows - extra : 0, fewest));
  // Blocks of equal size.
  p->rows = ceiling(height, ceiling(height, p->rows));
  p->images = p->rows < height ? 1 : most(1, least(p->batch, ceiling(fewest, height)));
  const size_t read = p->images * slots * (p->rows + extra) * pitch;
  p->inners = least(p->inner, most(wanted, budget / read));
  p->inners = ceiling(p->inner, ceiling(p->inner, p->inners));
}

// Whether both passes of an axis have two taps and as many positions.
static int pairs(const ck_axis *a) {
  return a->transposed && a->stride == 2 && a->kernel == 4 && a->dilation == 1 && a->result % 2 == 0;
}

static ck_plan make(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch, int transposed,
                    size_t elementBytes, size_t lanes, size_t entry) {
  ck_plan p = {.entry = entry, .taps = g->kernelHeight * g->kernelWidth, .groups = groups, .batch = batch};
  // So many passes have few taps each: they read each weight and element for too little.
  if (transposed && least(g->strideHeight, g->height) > mostPasses / least(g->strideWidth, g->width)) return p;
  p.y = axis(g->kernelHeight, g->strideHeight, g->dilationHeight, g->padTop, g->height, g->outputHeight, transposed);
  p.x = axis(g->kernelWidth, g->strideWidth, g->dilationWidth, g->padLeft, g->width, g->outputWidth, transposed);
  p.inner = transposed ? outputChannels / groups : g->channels;
  p.outer = transposed ? g->channels : outputChannels / groups;
  p.sourceArea = p.y.source * p.x.source;
  p.resultArea = p.y.result * p.x.result;

  // Strides, pads and dilations may be far larger than an image; what they cost is bounded before it is multiplied.
  const double planes = (double)p.y.pitch * (double)p.x.pitch * (double)(p.y.slots * p.x.slots);
  const double reach = (double)p.y.reach * (double)p.x.reach * (double)(p.y.passes * p.x.passes);
  const double limit = 4 * (double)(p.sourceArea + p.resultArea) + 4096;
  if (planes > limit || reach > limit) return p;

  p.plane = p.y.pitch * p.x.pitch * entry;
  p.channel = p.plane * p.y.slots * p.x.slots;
  p.image = p.channel * p.inner * groups;
  divide(&p, elementBytes, lanes);
  p.skew = p.y.pad % 2;
  p.joint = p.outer == 1 && pairs(&p.y) && pairs(&p.x) && p.x.pad % 2 == p.skew;
  const size_t passes = p.y.passes * p.x.passes;
  p.sums = p.images * (p.rows * p.x.pitch * entry + lanes);
  // A vector covers what follows it, too; each row begins at most one that is not full.
  p.listed = p.images * p.rows * ceiling(p.x.pitch * entry, lanes);
  // The last rows and columns that taps reach, beyond the last plane, and what a vector reads beyond them.
  p.stagedCount = p.images * p.image + (p.y.reach * p.x.pitch + p.x.reach) * entry + lanes;

  size_t bytes = 0;
#define PLACE(field, count, size)                                                                  \
  p.field = bytes;                                                                                 \
  bytes += ((count) * (size) + 63) / 64 * 64;
  PLACE(passesAt, passes, sizeof(ck_pass))
  PLACE(tapsAt, 2 * p.taps, sizeof(ptrdiff_t))
  PLACE(listsAt, 2 * passes * p.listed, sizeof(ptrdiff_t))
  PLACE(placesAt, entry > 1 ? p.sourceArea + p.resultArea : 0, sizeof(size_t))
  PLACE(packedAt, transposed ? p.taps * groups * p.inner * p.outer : 0, elementBytes)
  PLACE(stagedAt, p.stagedCount, elementBytes)
  PLACE(sumsAt, passes * p.outer * p.sums, elementBytes)
#undef PLACE
  p.bytes = bytes;
  return p;
}

ck_plan ck_plan_make(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch, int transposed,
                     size_t elementBytes, size_t lanes) {
  return make(g, outputChannels, groups, batch, transposed, elementBytes, lanes, 1);
}

ck_plan ck_plan_interleaved(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch, int transposed,
                            size_t elementBytes, size_t lanes) {
  const ck_plan none = {0};
  if (batch < lanes || lanes == 1) return none;
  ck_plan p = make(g, outputChannels, groups, batch / lanes * lanes, transposed, elementBytes, lanes, lanes);
  // Elements are moved by whole vectors, and rows are not divided: that is for small images.
  const int small = p.sourceArea >= lanes && p.resultArea >= lanes && p.rows == positions(&p.y, 0);
  // Without zeros between them, rows fill vectors anyway.
  const int gains = p.x.pitch > positions(&p.x, 0);
  const size_t kept = (p.image + p.y.passes * p.x.passes * p.outer * p.sums) * elementBytes;
  return p.bytes > 0 && small && gains && kept <= interleavedBytes() ? p : none;
}

ck_plan ck_plan_gradient(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch,
                         size_t elementBytes, size_t lanes) {
  const ck_plan none = {0};
  if (batch < lanes || lanes == 1) return none;
  const ck_plan p = make(g, outputChannels, groups, batch / lanes * lanes, 0, elementBytes, lanes, lanes);
  // Elements are moved by whole vectors.
  return p.sourceArea >= lanes && p.resultArea >= lanes ? p : none;
}

const size_t *ck_plan_places(const ck_plan *p, void *workspace) {
  size_t *places = (size_t *)((char *)workspace + p->placesAt), *const first = places;
  // What no tap reads goes behind all that is read.
  for (size_t i = 0; i < p->sourceArea; i++) places[i] = p->stagedCount - p->entry;
  for (size_t sy = 0; sy < p->y.slots; sy++)
    for (size_t sx = 0; sx < p->x.slots; sx++) {
      const ck_span ys = ck_axis_span(&p->y, sy), xs = ck_axis_span(&p->x, sx);
      const size_t plane = (sy * p->x.slots + sx) * p->plane;
      for (size_t y = ys.begin; y < ys.end; y++)
        for (size_t x = xs.begin; x < xs.end; x++)
          places[(ys.first + (y - ys.begin) * ys.step) * p->x.source + xs.first + (x - xs.begin) * xs.step] =
              plane + (y * p->x.pitch + x) * p->entry;
    }
  places += p->sourceArea;
  for (size_t fy = 0; fy < p->y.passes; fy++)
    for (size_t fx = 0; fx < p->x.passes; fx++) {
      const size_t pass = (fy * p->x.passes + fx) * p->outer * p->sums;
      for (size_t y = fy, at = pass; y < p->y.result; y += p->y.passes, at += p->x.pitch * p->entry)
        for (size_t x = fx, from = at; x < p->x.result; x += p->x.passes, from += p->entry)
          places[y * p->x.result + x] = from;
    }
  return first;
}

// Lists the vectors that cover the positions of a pass, each from the first position that none before it covers.
static size_t list(const ck_plan *p, const ck_pass *pass, size_t lanes, ptrdiff_t *from, ptrdiff_t *to) {
  size_t n = 0;
  const size_t rows = least(p->rows, pass->rows);
  if (p->entry > 1) {
    for (size_t y = 0; y < rows; y++)
      for (size_t x = 0; x < pass->columns; x++, n++) from[n] = to[n] = (ptrdiff_t)((y * p->x.pitch + x) * p->entry);
    return n;
  }
  for (size_t i = 0; i < p->images; i++) {
    size_t covered = 0;
    for (size_t y = 0; y < rows; y++) {
      const size_t end = y * p->x.pitch + pass->columns;
      for (size_t at = most(covered, y * p->x.pitch); at < end; at = covered) {
        from[n] = (ptrdiff_t)(i * p->image + at);
        to[n++] = (ptrdiff_t)(i * (p->rows * p->x.pitch + lanes) + at);
        covered = at + lanes;
      }
    }
  }
  return n;
}

const ck_pass *ck_plan_passes(const ck_plan *p, size_t lanes, void *workspace) {
  char *const base = workspace;
  ck_pass *passes = (ck_pass *)(base + p->passesAt);
  ptrdiff_t *offsets = (ptrdiff_t *)(base + p->tapsAt);
  size_t *indices = (size_t *)offsets + p->taps;
  ptrdiff_t *lists = (ptrdiff_t *)(base + p->listsAt);
  size_t used = 0;
  for (size_t fy = 0; fy < p->y.passes; fy++)
    for (size_t fx = 0; fx < p->x.passes; fx++) {
      ck_pass *pass = passes + fy * p->x.passes + fx;
      *pass = (ck_pass){
        .rows = positions(&p->y, fy), .columns = positions(&p->x, fx), .offsets = offsets + used, .indices = indices + used};
      pass->packed = used * p->inner * p->outer;
      for (size_t i = 0; i < p->y.kernel; i++)
        for (size_t j = 0; j < p->x.kernel; j++) {
          ptrdiff_t sy, sx;
          if (!tap(&p->y, fy, i, &sy) || !tap(&p->x, fx, j, &sx)) continue;
          const size_t slot = p->y.transposed ? 0 : i % p->y.slots * p->x.slots + j % p->x.slots;
          const ptrdiff_t shift =
              (sy + (ptrdiff_t)p->y.lead) * (ptrdiff_t)p->x.pitch + sx + (ptrdiff_t)p->x.lead;
          offsets[used] = (ptrdiff_t)(slot * p->plane) + shift * (ptrdiff_t)p->entry;
          indices[used++] = i * p->x.kernel + j;
          pass->taps++;
        }
      pass->vectors = list(p, pass, lanes, lists, lists + p->listed);
      pass->from = lists;
      pass->to = lists + p->listed;
      lists += 2 * p->listed;
    }
  return passes;
}
