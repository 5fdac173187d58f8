#include "parts.h"

static size_t least(size_t a, size_t b) { return a < b ? a : b; }
static size_t most(size_t a, size_t b) { return a > b ? a : b; }
static size_t ceiling(size_t a, size_t b) { return (a + b - 1) / b; }

// A part of a first-level cache for what a block reads.
static const size_t readBytes = 20 << 10;
// A part of a second-level cache for all sums.
static const size_t sumBytes = 2 << 20;
// Fewer channels of results, or fewer taps, are not worth reading and writing sums four times.
static const size_t fewestChannels = 8, fewestTaps = 64;

ck_parts ck_parts_make(const ck_convolution *g, size_t outputChannels, size_t groups, size_t elementBytes,
                       size_t lanes) {
  const ck_parts none = {0};
  ck_parts p = {.plan = ck_plan_make(g, outputChannels, groups, 1, 0, elementBytes, lanes)};
  const ck_plan *q = &p.plan;
  if (q->bytes == 0 || q->outer < fewestChannels || q->inner * q->taps < fewestTaps) return none;
  const ck_axis *y = &q->y, *x = &q->x;
  // Two sums of each fit into the registers beside what is read.
  p.most = lanes * elementBytes == 64 ? 12 : 6;
  p.area = y->pitch * x->pitch;
  p.images = most(1, 2 * p.most * lanes / p.area);
  const size_t slots = y->slots * x->slots;
  p.slot = p.images * p.area;
  p.channel = slots * p.slot;
  p.vectors = ceiling((p.images - 1) * p.area + (y->result - 1) * x->pitch + x->result, lanes);
  p.pairs = ceiling(q->outer, 2);
  if (p.pairs > sumBytes / (ck_lists * p.vectors * lanes * elementBytes)) return none;

  const size_t together = ceiling(p.vectors, ceiling(p.vectors, p.most)) * lanes;
  const size_t read = slots * (together + (y->reach - y->result) * x->pitch + x->reach - x->result) * elementBytes;
  p.inners = least(q->inner, most(1, readBytes / read));
  p.inners = ceiling(q->inner, ceiling(q->inner, p.inners));
  p.blocks = ceiling(q->inner, p.inners);
  if (p.channel > INT32_MAX / p.inners) return none;

  const size_t ends = groups * p.blocks * p.pairs * ck_lists * sizeof(uint32_t);
  p.tapsAt = ceiling(ends, 8) * 8;
  p.listBytes = p.tapsAt + groups * p.pairs * q->inner * q->taps * 3 * elementBytes;
  // The last rows and columns that taps reach, and what a block of vectors reads beyond them.
  p.stagedCount = groups * q->inner * p.channel + y->reach * x->pitch + x->reach + lanes;
  p.stagedAt = 0;
  p.sumsAt = ceiling(p.stagedCount * elementBytes, 64) * 64;
  p.bytes = p.sumsAt + p.pairs * ck_lists * p.vectors * lanes * elementBytes;
  return p;
}

size_t ck_parts_offset(const ck_parts *p, size_t channel, size_t tap) {
  const ck_axis *y = &p->plan.y, *x = &p->plan.x;
  const size_t i = tap / x->kernel, j = tap % x->kernel;
  const size_t slot = i % y->slots * x->slots + j % x->slots;
  return channel * p->channel + slot * p->slot + i * y->dilation / y->stride * x->pitch + j * x->dilation / x->stride;
}
