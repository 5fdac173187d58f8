#include "scatter.h"

static size_t most(size_t a, size_t b) { return a > b ? a : b; }
static size_t least(size_t a, size_t b) { return a < b ? a : b; }
static size_t ceiling(size_t a, size_t b) { return (a + b - 1) / b; }

// A part of a first-level cache for the weights of a block.
static const size_t weightBytes = 16 << 10;
// A part of a second-level cache for what is kept of one image.
static const size_t keptBytes = 512 << 10;
// Fewer channels are not worth reading and writing a window.
static const size_t fewestChannels = 8;
// Phases of both directions.
static const size_t mostPhases = 16;
// Of a kernel, a stride and a pad.
static const size_t mostOfAxis = 1 << 12;

static size_t phases(const ck_scatter_axis *a) { return a->transposed ? 1 : a->stride; }

static size_t phase(const ck_scatter_axis *a, size_t at) { return a->transposed ? 0 : (at + a->pad) % a->stride; }

// The taps of a phase, and the tap that reaches place w of its windows.
static size_t taps(const ck_scatter_axis *a, size_t phase) {
  if (a->transposed) return a->kernel;
  return a->kernel > phase ? ceiling(a->kernel - phase, a->stride) : 0;
}

static size_t tap(const ck_scatter_axis *a, size_t phase, size_t w) {
  return a->transposed ? w : phase + a->stride * (taps(a, phase) - 1 - w);
}

// Where the window of a source element begins.
static size_t begin(const ck_scatter_axis *a, size_t at) {
  if (a->transposed) return at * a->stride;
  const size_t f = phase(a, at);
  return (at + a->pad - f) / a->stride + a->lead + 1 - taps(a, f);
}

static ck_scatter_axis axis(size_t kernel, size_t stride, size_t pad, size_t input, size_t output, int transposed) {
  ck_scatter_axis a = {.kernel = kernel, .stride = stride, .pad = pad, .transposed = transposed};
  a.source = transposed ? output : input;
  a.result = transposed ? input : output;
  a.lead = transposed ? pad : ceiling(kernel, stride) - 1;
  a.reach = a.result + a.lead;
  const size_t last = transposed ? (a.source - 1) * stride + kernel : (a.source - 1 + pad) / stride + 1 + a.lead;
  a.reach = most(a.reach, last);
  return a;
}

ck_scatter ck_scatter_make(const ck_convolution *g, size_t outputChannels, size_t groups, int transposed,
                           size_t elementBytes, size_t lanes) {
  const ck_scatter none = {0};
  ck_scatter p = {.groups = groups};
  p.inner = transposed ? outputChannels / groups : g->channels;
  p.outer = transposed ? g->channels : outputChannels / groups;
  p.vectors = ceiling(p.outer, lanes);
  // At least three quarters of each vector are used.
  const int fills = 4 * p.outer >= 3 * p.vectors * lanes;
  if (lanes == 1 || p.inner < fewestChannels || !fills) return none;
  if (g->dilationHeight != 1 || g->dilationWidth != 1) return none;
  // Kernels, strides and pads may be far larger than an image; none is multiplied before it is known to be small.
  if (g->kernelHeight > mostOfAxis || g->kernelWidth > mostOfAxis || g->strideHeight > mostOfAxis) return none;
  if (g->strideWidth > mostOfAxis || g->padTop > mostOfAxis || g->padLeft > mostOfAxis) return none;
  if (!transposed && g->strideHeight * g->strideWidth > mostPhases) return none;
  // Large enough to be moved by whole vectors.
  const size_t inputArea = g->height * g->width, outputArea = g->outputHeight * g->outputWidth;
  if (inputArea < lanes || outputArea < lanes) return none;

  p.y = axis(g->kernelHeight, g->strideHeight, g->padTop, g->height, g->outputHeight, transposed);
  p.x = axis(g->kernelWidth, g->strideWidth, g->padLeft, g->width, g->outputWidth, transposed);
  p.sourceArea = transposed ? outputArea : inputArea;
  p.resultArea = transposed ? inputArea : outputArea;
  const size_t room = keptBytes / (p.vectors * lanes * elementBytes);
  if (p.y.reach > room / most(1, p.x.reach)) return none;
  p.plane = p.y.reach * p.x.reach * p.vectors * lanes;
  p.phases = phases(&p.y) * phases(&p.x);
  p.chunk = least(p.inner, weightBytes / (ck_block * lanes * elementBytes));
  p.chunk = ceiling(p.inner, ceiling(p.inner, p.chunk));
  p.chunks = ceiling(p.inner, p.chunk);
  const size_t kernel = g->kernelHeight * g->kernelWidth;
  p.blocks = ceiling(kernel * p.vectors, ck_block) + p.phases;

  size_t bytes = 0;
#define PLACE(field, count, size)                                                                  \
  p.field = bytes;                                                                                 \
  bytes += ((count) * (size) + 63) / 64 * 64;
  PLACE(phasesAt, p.phases, sizeof(ck_scatter_phase))
  PLACE(blocksAt, p.blocks, sizeof(ck_scatter_block))
  PLACE(positionsAt, p.sourceArea, sizeof(ck_scatter_position))
  PLACE(placesAt, p.resultArea, sizeof(size_t))
  PLACE(tapsAt, kernel * p.vectors, sizeof(size_t))
  PLACE(packedAt, p.groups * p.blocks * p.inner * ck_block * lanes, elementBytes)
  PLACE(stagedAt, lanes * ceiling(p.inner, lanes) * lanes + lanes, elementBytes)
  PLACE(countsAt, p.sourceArea * p.chunks, sizeof(unsigned))
  PLACE(valuesAt, p.sourceArea * p.inner + lanes, elementBytes)
  PLACE(offsetsAt, p.sourceArea * p.inner + lanes, sizeof(unsigned))
  PLACE(sumsAt, p.plane, elementBytes)
#undef PLACE
  p.bytes = bytes;
  return p;
}

const ck_scatter_phase *ck_scatter_list(const ck_scatter *p, size_t lanes, void *workspace) {
  char *const base = workspace;
  ck_scatter_phase *const list = (ck_scatter_phase *)(base + p->phasesAt);
  ck_scatter_block *const blocks = (ck_scatter_block *)(base + p->blocksAt);
  ck_scatter_position *const positions = (ck_scatter_position *)(base + p->positionsAt);
  size_t *const places = (size_t *)(base + p->placesAt), *const tapPlaces = (size_t *)(base + p->tapsAt);
  const size_t pitch = p->vectors * lanes;
  size_t position = 0, block = 0;
  for (size_t f = 0; f < p->phases; f++) {
    const size_t fy = f / phases(&p->x), fx = f % phases(&p->x);
    const size_t rows = taps(&p->y, fy), columns = taps(&p->x, fx);
    list[f] = (ck_scatter_phase){.position = position, .block = block};
    for (size_t wy = 0, count = ck_block; wy < rows; wy++)
      for (size_t v = 0; v < columns * p->vectors; v++) {
        if (count == ck_block) {
          blocks[block] = (ck_scatter_block){.packed = block * p->inner * ck_block * lanes};
          block++;
          count = 0;
        }
        const size_t at = tap(&p->y, fy, wy) * p->x.kernel + tap(&p->x, fx, v / p->vectors);
        tapPlaces[at * p->vectors + v % p->vectors] = blocks[block - 1].packed + count * lanes;
        blocks[block - 1].to[count] = wy * p->x.reach * pitch + v * lanes;
        blocks[block - 1].count = ++count;
      }
    list[f].blockEnd = block;
    for (size_t y = 0; y < p->y.source; y++)
      for (size_t x = 0; x < p->x.source && block > list[f].block; x++)
        if (phase(&p->y, y) == fy && phase(&p->x, x) == fx)
          positions[position++] = (ck_scatter_position){
            y * p->x.source + x, (begin(&p->y, y) * p->x.reach + begin(&p->x, x)) * pitch};
    list[f].positionEnd = position;
  }
  for (size_t y = 0; y < p->y.result; y++)
    for (size_t x = 0; x < p->x.result; x++)
      places[y * p->x.result + x] = ((y + p->y.lead) * p->x.reach + x + p->x.lead) * pitch;
  return list;
}
