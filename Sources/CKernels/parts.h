#ifndef PARTS_H
#define PARTS_H

#include "convolution.h"

// Products with a convolution's positive weights and with its negative ones: as many multiply-adds for both as for one
// product with all, since each weight is in one of them only.
//
// What is added where depends on a weight's sign, which is the same for all positions: vectors of positions are summed
// over a list of taps, first those that are positive, then the others. Two channels of results share what is read, so
// that their weights' signs make four lists. In the order ++, +-, --, -+ one of the two sums changes from each to the
// next. The lists of a block of channels that are summed over stay with what they read in a first-level cache.
//
// Images are copied into zero-padded planes as in convolution.h; planes of several images lie side by side, so that small
// ones fill vectors.

// The signs of two weights, in the lists' order.
enum { ck_lists = 4 };

typedef struct {
  ck_plan plan;               // the axes, and the sizes of one image
  size_t area;                // elements of an image's plane
  size_t images;              // whose planes lie side by side
  size_t slot, channel;       // elements from one slot of these planes to the next, and from one channel to the next
  size_t vectors;             // that cover all positions of these images
  size_t most;                // vectors that are summed together
  size_t inners, blocks;      // channels summed over before the next block, and how many blocks
  size_t pairs;               // of channels of results, in a group
  size_t listBytes, tapsAt;   // of the lists: where each ends, and behind these their taps
  size_t bytes;               // of the workspace; 0 if this way is no good
  size_t stagedAt, sumsAt, stagedCount;
} ck_parts;

// No bytes where this way is no good: few channels or taps, images that are large, or where ck_convolve would be none.
ck_parts ck_parts_make(const ck_convolution *g, size_t outputChannels, size_t groups, size_t elementBytes, size_t lanes);

// Where what a tap reads lies from a position's entry.
size_t ck_parts_offset(const ck_parts *p, size_t channel, size_t tap);

#endif
