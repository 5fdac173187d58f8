#ifndef SCATTER_H
#define SCATTER_H

#include "CKernels.h"

// Convolutions of images that are zero in many places, by what each element adds to the results: elements that are zero
// add nothing and are passed over. What comes after a ReLU, and what is pulled back through one, is such.
//
// An element of the source touches a window of neighbouring positions of the result, all channels of each, which lie side
// by side in a padded plane of positions by channels:
//
// - Transposed with stride s, all kernel taps; windows of neighbouring elements begin s apart.
// - Forwards, those taps that some result position reads the element by: every s-th in each direction, from a tap that
//   depends on the element's *phase*, its padded position modulo s. Windows of neighbours of one phase begin one apart.
//
// A window's vectors are divided into blocks that stay in registers while all channels of one source position are added,
// each with its own weights; these stay in a first-level cache while all positions are gone through.

// Vectors of a block: enough to hide an addition's latency twice, few enough for sixteen registers.
enum { ck_block = 8 };

// One axis, in either direction.
typedef struct {
  size_t kernel, stride, pad;
  size_t source, result;  // extents
  int transposed;
  size_t lead;            // positions before the result's first
  size_t reach;           // positions in all
} ck_scatter_axis;

typedef struct {
  ck_scatter_axis y, x;
  size_t phases;                  // in both directions
  size_t groups, inner, outer;    // channels summed over and of results, per group
  size_t vectors;                 // of all channels of a result position
  size_t chunk, chunks;           // channels summed over before the next block of results
  size_t sourceArea, resultArea;
  size_t plane;                   // elements of a group's results
  size_t blocks;                  // at most
  size_t bytes;                   // of the workspace, 0 if this way is no good
  size_t phasesAt, blocksAt, positionsAt, placesAt, tapsAt, packedAt, stagedAt, countsAt, valuesAt, offsetsAt, sumsAt;
} ck_scatter;

// Some vectors of a window.
typedef struct {
  size_t count;
  size_t to[ck_block];  // where each lies, from the window's begin
  size_t packed;        // where its weights begin: for each channel of a group, `ck_block` vectors
} ck_scatter_block;

// A source position, and where its window begins.
typedef struct { size_t source, to; } ck_scatter_position;

// The positions and blocks of a phase: [begin, end) of each.
typedef struct { size_t position, positionEnd, block, blockEnd; } ck_scatter_phase;

// No bytes where this way is no good: dilated kernels, strides or pads that are large beside the image, too few channels
// to fill vectors or to be worth a window.
ck_scatter ck_scatter_make(const ck_convolution *g, size_t outputChannels, size_t groups, int transposed,
                           size_t elementBytes, size_t lanes);

// Fills the workspace's phases, blocks, positions and places, and for each tap and vector of result channels the place of
// their weights for the first channel that is summed over. Returns the phases.
const ck_scatter_phase *ck_scatter_list(const ck_scatter *p, size_t lanes, void *workspace);

#endif
