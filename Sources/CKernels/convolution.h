#ifndef CONVOLUTION_H
#define CONVOLUTION_H

#include "CKernels.h"

// Convolutions without unfolding. Both directions are sums of the form
//
//   result[m][q] = Σ_c Σ_t weight[m][c][t] · source[c][q + offset[t]]
//
// over flat positions q of zero-padded planes. A result row of n positions lies in a plane row of `pitch` ≥ n entries;
// the positions between rows are computed where a vector covers them, and dropped.
//
// - Forwards with stride s, the image is split into planes of every s-th row and column, so that each kernel tap is one
//   offset for all positions: one pass, several planes for each channel.
// - Transposed, every s-th row and column of the result is a correlation of the one padded plane with the taps that
//   reach it: s·s passes.
//
// Rows of small images fill vectors badly. As many images as a vector has elements are interleaved instead: an entry of
// a plane is then a vector, one element for each image, and so is a position of the result. Either way each result adds
// up the same products in the same order.

// One axis of a convolution, in either direction. An entry is an index into a plane's axis.
typedef struct {
  size_t kernel, stride, dilation, pad;
  size_t source, result;  // extents of what is read and written
  int transposed;
  size_t passes, slots;   // of the result; of the source
  size_t lead;            // zero entries before the source's first, transposed only
  size_t reach;           // entries that the taps of all positions span
  size_t pitch;           // entries kept: one row's zeros on the right are the next row's on the left
} ck_axis;

// Everything about a call but its data. Sizes count elements unless they say bytes.
typedef struct {
  ck_axis y, x;
  size_t taps;                      // of the kernel
  size_t groups, inner, outer;      // channels of a group that are summed over, and that result
  size_t sourceArea, resultArea;
  size_t plane, channel, image;     // sizes when staged: of a plane, a channel's planes, all channels
  size_t entry;                     // elements of a plane's entry: 1, or one for each image where interleaved
  size_t batch, images;             // in all; staged and computed together; an interleaved set counts as one image
  size_t rows;                      // plane rows computed together; all of them where images > 1
  size_t inners;                    // channels summed over before the next block of results
  size_t sums;                      // room for one result channel of one pass
  size_t listed;                    // vectors that a pass may have
  int joint;                        // passes are taken together: see ck_plan_make
  size_t skew;                      // then: how many entries further the taps of the second pass of an axis begin
  size_t bytes;                     // of the workspace, 0 if it would be too large
  size_t passesAt, tapsAt, listsAt, placesAt, packedAt, stagedAt, sumsAt;  // byte offsets into it
  size_t stagedCount;
} ck_plan;

// The result positions of one phase of the strides.
typedef struct {
  size_t rows, columns;      // positions
  size_t taps;
  const ptrdiff_t *offsets;  // of each tap
  const size_t *indices;     // of each tap among the kernel's
  size_t vectors;            // that cover `rows` rows of `images` images
  const ptrdiff_t *from;     // where each begins, in the planes
  const ptrdiff_t *to;       // and in the sums
  size_t packed;             // where its weights begin, for each group
} ck_pass;

// Entries [begin, end) of a slot's plane hold source elements first, first + step, ...
typedef struct { size_t begin, end, first, step; } ck_span;

ck_span ck_axis_span(const ck_axis *a, size_t slot);

// Transposed products of four by four taps and stride two that result in one channel read each entry for up to four of
// its results, one of each pass: these are taken together, or there would be as many reads as products.
ck_plan ck_plan_make(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch, int transposed,
                     size_t elementBytes, size_t lanes);

// The same for interleaved images, for all but the last of a batch, which are too few for a vector. No bytes where it is
// the slower way.
ck_plan ck_plan_interleaved(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch, int transposed,
                            size_t elementBytes, size_t lanes);

// The same for gradients with respect to weights: interleaved images forwards, whatever their size, without sums. No bytes
// where there are too few images, or where images are so small or planes so large that it is no good.
ck_plan ck_plan_gradient(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch,
                         size_t elementBytes, size_t lanes);

// Where each element of a source channel belongs in its interleaved planes, and behind these where each element of a
// result channel lies in its sums.
const size_t *ck_plan_places(const ck_plan *p, void *workspace);

// Fills the workspace's passes and returns them: y.passes × x.passes.
const ck_pass *ck_plan_passes(const ck_plan *p, size_t lanes, void *workspace);

#endif
