#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Loops that the Swift compiler does not vectorise: sums, and the lowering of convolutions.
// All arrays are dense and row-major, sizes are element counts, and inputs and outputs never overlap.

/// Selects OpenBLAS's kernels: NULL or "auto" means what OpenBLAS itself detects on this processor,
/// whatever OPENBLAS_CORETYPE says; any other name forces that set. Also sets one thread.
/// Must not run beside a BLAS call. Returns the name of the set now in use.
const char *ck_select_blas_kernels(const char *core);

// Has the allocator keep what is freed for the next block of its size, for the rest of the process; to be called before
// there is a second thread. Does nothing where the C library offers no such choice.
void ck_keep_freed_memory(void);

// Rows of coefficients are stored in double or single precision and end in f64 or f32; whatever is summed is summed in
// double precision, in any order.

/// The sum of a[i]*b[i].
double ck_dot(const double *a, const double *b, size_t n);

/// A sum over a row, and the sum of magnitudes that says how wrong it may be.
typedef struct {
  double value, reach;
} ck_row_sums;

/// For each of some rows, the sum of a[i]*values[i], and of |a[i]|*reach[i].
void ck_rows_sum_f64(const double *rows, size_t count, const double *values, const double *reach, size_t n,
                     ck_row_sums *sums);
void ck_rows_sum_f32(const float *rows, size_t count, const double *values, const double *reach, size_t n,
                     ck_row_sums *sums);

/// The largest value of each row on a box, the sum of a[i]*centre[i] + |a[i]|*radius[i], and that of its terms'
/// magnitudes.
void ck_rows_largest_f64(const double *rows, size_t count, const double *centre, const double *radius, size_t n,
                         ck_row_sums *sums);
void ck_rows_largest_f32(const float *rows, size_t count, const double *centre, const double *radius, size_t n,
                         ck_row_sums *sums);

/// The sum of |a[i]|*reach[i].
double ck_row_reach_f64(const double *row, const double *reach, size_t n);
double ck_row_reach_f32(const float *row, const double *reach, size_t n);

/// What is left over when a row has been pulled through an activation's lines.
typedef struct {
  double constant;   // the sum of a[i] times the offset taken
  double magnitude;  // the sum of the magnitudes of these products
  double reach;      // the sum of the new coefficients' magnitudes, before they are stored, times reach[i]
} ck_relaxed;

/// Replaces each coefficient a[i] of each row by its product with a slope, and sums its products with an offset: those
/// of the upper line where a[i] > 0, else those of the lower one.
void ck_rows_relax_f64(double *rows, size_t count, const double *lowerSlope, const double *lowerOffset,
                       const double *upperSlope, const double *upperOffset, const double *reach, size_t n,
                       ck_relaxed *sums);
void ck_rows_relax_f32(float *rows, size_t count, const double *lowerSlope, const double *lowerOffset,
                       const double *upperSlope, const double *upperOffset, const double *reach, size_t n,
                       ck_relaxed *sums);

/// A ReLU's lines on ranges of pre-activations: slopes and offsets of the upper line, the slope of the lower line
/// (mode 0: 1 where upper > -lower, else 0; mode 1: 0; mode 2: 1), and the largest magnitude of pre-activations where
/// products with slopes may be rounded. Over an unbounded range the upper line is the constant upper end. Returns how
/// many upper lines have an offset.
size_t ck_relu_lines(const double *lower, const double *upper, size_t n, int mode, double *lowerSlope,
                     double *upperSlope, double *upperOffset, double *reach);

/// The larger of each value and 0.
void ck_relu(const double *values, double *outputs, size_t n);

/// Rows [count, k] times a matrix [k, n], where no row has more than two coefficients that are not zero: sums of one or
/// two rows of the matrix. Returns 0, and does nothing, where some row has more.
int ck_sparse_rows_f64(const double *rows, size_t count, size_t k, const double *matrix, size_t n, double *products);
int ck_sparse_rows_f32(const float *rows, size_t count, size_t k, const float *matrix, size_t n, float *products);

/// The products of a sparse matrix [m, n] with vectors: element i is the sum of values[k]*vector[columns[k]] for k from
/// starts[i] to starts[i + 1], in this order; of the values' magnitudes where these are wanted.
void ck_sparse_product_f64(const int32_t *starts, const int32_t *columns, const double *values, size_t m, size_t n,
                           int magnitudes, const double *vectors, size_t batch, double *products);
void ck_sparse_product_f32(const int32_t *starts, const int32_t *columns, const float *values, size_t m, size_t n,
                           int magnitudes, const float *vectors, size_t batch, float *products);
/// The same with the transposed matrix, summed in the order of rows.
void ck_sparse_transposed_product_f64(const int32_t *starts, const int32_t *columns, const double *values, size_t m,
                                      size_t n, int magnitudes, const double *vectors, size_t batch, double *products);
void ck_sparse_transposed_product_f32(const int32_t *starts, const int32_t *columns, const float *values, size_t m,
                                      size_t n, int magnitudes, const float *vectors, size_t batch, float *products);

/// Adds values to a sum, element by element.
void ck_add_f64(double *sum, const double *values, size_t n);
void ck_add_f32(float *sum, const float *values, size_t n);

/// A box as centres c, which may be rounded, and radii r + gamma*(|c| + r) where r reaches both ends from the rounded
/// centre: all rounded up. Returns 0 where some range is unbounded; the result then says nothing.
int ck_box_to_ball_f64(const double *lower, const double *upper, size_t n, double gamma, double *centre,
                       double *radius);
int ck_box_to_ball_f32(const double *lower, const double *upper, size_t n, double gamma, float *centre, float *radius);

/// A box as centres and radii that reach both ends; centre 0 and an infinite radius where a range is unbounded.
void ck_centre_radius(const double *lower, const double *upper, size_t n, double *centre, double *radius);
/// The largest magnitude in each range.
void ck_magnitudes(const double *lower, const double *upper, size_t n, double *magnitudes);
/// The largest of values that are not negative.
double ck_largest(const double *values, size_t n);
/// The sum of values, in any order.
double ck_total(const double *values, size_t n);
/// Whether all ends of some ranges are finite.
int ck_all_finite(const double *lower, const double *upper, size_t n);

/// The box around middle + bias with radii spread + gamma*(|bias| + |middle + bias|), all rounded outwards; the whole
/// line where anything overflowed.
void ck_ball_to_box_f64(const double *middle, const double *spread, const double *bias, size_t n, double gamma,
                        double *lower, double *upper);
void ck_ball_to_box_f32(const float *middle, const float *spread, const double *bias, size_t n, double gamma,
                        double *lower, double *upper);

/// A box as its lower corner c, rounded down, and how far each element extends above it, rounded up. Returns 0 where some
/// range is unbounded; the result then says nothing. The corner is not written where it is NULL.
int ck_box_to_corner_f64(const double *lower, const double *upper, size_t n, double *corner, double *extent);
int ck_box_to_corner_f32(const double *lower, const double *upper, size_t n, float *corner, float *extent);
/// Takes the magnitudes of a corner's elements, in their place.
void ck_corner_magnitudes_f64(double *corner, size_t n);
void ck_corner_magnitudes_f32(float *corner, size_t n);

/// The box from middle + bias - N to middle + bias + P, where N and P are negatives and positives and, of themselves,
/// gamma, of both, share, and of the reach, ofReach; all rounded outwards; the whole line where anything overflowed.
/// Without a middle it is zero, without a reach that is.
void ck_corner_to_box_f64(const double *middle, const double *reach, const double *positives, const double *negatives,
                          const double *bias, size_t n, double gamma, double ofReach, double share, double *lower,
                          double *upper);
void ck_corner_to_box_f32(const float *middle, const float *reach, const float *positives, const float *negatives,
                          const double *bias, size_t n, double gamma, double ofReach, double share, double *lower,
                          double *upper);

/// How many values are not zero.
size_t ck_nonzeros(const double *values, size_t n);

/// Geometry of a two-dimensional convolution over one group of channels.
typedef struct {
  size_t channels, height, width;         // of the input
  size_t kernelHeight, kernelWidth;
  size_t strideHeight, strideWidth;
  size_t dilationHeight, dilationWidth;
  size_t padTop, padLeft;
  size_t outputHeight, outputWidth;
} ck_convolution;

/// Writes the matrix [channels*kernelHeight*kernelWidth, outputHeight*outputWidth] of the input patches
/// that each output position reads; padding reads as zero.
void ck_unfold_f64(const ck_convolution *g, const double *image, double *columns);
void ck_unfold_f32(const ck_convolution *g, const float *image, float *columns);

/// The transpose of unfolding: adds each column entry to the image element it was read from.
void ck_fold_f64(const ck_convolution *g, const double *columns, double *image);
void ck_fold_f32(const ck_convolution *g, const float *columns, float *image);

/// Bytes of workspace, aligned to 64, that ck_convolve wants; 0 where strides, pads or dilations are so large that it is
/// no good: where they make padded planes far larger than the images, or scatter what is pulled back. g is the geometry
/// of one group, outputChannels counts all groups'.
size_t ck_convolve_workspace(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch,
                             int transposed, size_t elementBytes);

/// The outputs [batch, outputChannels, outputHeight, outputWidth] of a convolution of images [batch, groups*channels,
/// height, width] with weights [outputChannels, channels, kernelHeight, kernelWidth]; or, transposed, what it pulls such
/// outputs back to. Each result is the sum of its products in some order that depends on the processor, on the sizes and
/// on how many of its own image's elements are zero, and of zeros; no result reads what does not belong to it.
void ck_convolve_f64(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch, int transposed,
                     const double *weights, const double *source, double *result, void *workspace);
void ck_convolve_f32(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch, int transposed,
                     const float *weights, const float *source, float *result, void *workspace);

/// Bytes, aligned to 8, of the lists that products with a convolution's positive and negative weights go through; 0 where
/// they are no good: few channels or taps, large images, and where ck_convolve would be no good.
size_t ck_parts_list_bytes(const ck_convolution *g, size_t outputChannels, size_t groups, size_t elementBytes);
/// Bytes of workspace, aligned to 64, that ck_convolve_parts wants, whatever the batch.
size_t ck_parts_workspace(const ck_convolution *g, size_t outputChannels, size_t groups, size_t elementBytes);
/// Writes the lists of weights [outputChannels, channels, kernelHeight, kernelWidth].
void ck_list_parts_f64(const ck_convolution *g, size_t outputChannels, size_t groups, const double *weights, void *list);
void ck_list_parts_f32(const ck_convolution *g, size_t outputChannels, size_t groups, const float *weights, void *list);
/// The products of images, as ck_convolve has them, with the positive weights alone, and with the magnitudes of the
/// negative ones: together as many multiply-adds as one product with all. Each result is the sum of its products in an
/// order that depends on the processor, on the sizes and on the weights' signs, and of zeros; no result reads what does
/// not belong to it.
void ck_convolve_parts_f64(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch,
                           const void *list, const double *images, double *positives, double *negatives,
                           void *workspace);
void ck_convolve_parts_f32(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch,
                           const void *list, const float *images, float *positives, float *negatives,
                           void *workspace);

/// Bytes of workspace, aligned to 64, that ck_convolution_gradient wants; 0 where it is no good: for fewer images than a
/// vector has elements, images or outputs smaller than a vector, and where ck_convolve would be no good.
size_t ck_convolution_gradient_workspace(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch,
                                         size_t elementBytes);

/// Adds to weights the gradient of the sum of results times a convolution's outputs, for the first images of a batch;
/// returns for how many: all but the last, which are too few for a vector. Each sum runs in an order that depends on the
/// processor and on the sizes only.
size_t ck_convolution_gradient_f64(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch,
                                   const double *images, const double *results, double *weights, void *workspace);
size_t ck_convolution_gradient_f32(const ck_convolution *g, size_t outputChannels, size_t groups, size_t batch,
                                   const float *images, const float *results, float *weights, void *workspace);

// Winograd's algorithm F(4×4, 3×3), in single precision: a 3×3 convolution of stride 1 is cut into tiles of 4×4 results,
// each from a window of 6×6. Windows, filters and tiles are transformed into 36 numbers each; a result's numbers are the
// sums over channels of the products of the others': 36 matrix products, a quarter of the multiplications
// (Lavin & Gray, Fast Algorithms for Convolutional Neural Networks, 2016).

/// How many images are transformed together, one in each element of a vector.
size_t ck_winograd_lanes(void);

/// How many tiles ck_winograd_products multiplies together.
size_t ck_winograd_panel(void);

/// Some rows of an image's tiles, transformed: each of the 36 numbers is a matrix [channels, tiles*lanes], which begins
/// `apart` elements after the one before, in panels of some of its columns: [panels, channels, panel*lanes].
typedef struct {
  size_t height, width;         // of the images
  size_t top, left;             // zeros before the image, in what windows read
  size_t row, rows, columns;    // the first row of tiles, how many rows, and the tiles of a row
  size_t panel;                 // tiles of a panel
  size_t apart;
} ck_tiles;

/// Transforms the windows of images, or where asked to, gradients with respect to results, whose tiles are not windows.
/// The plane is workspace for (4*rows + 2)*(4*columns + 2)*lanes elements.
void ck_winograd_read(const ck_tiles *t, int gradient, size_t channels, const float *images, float *tiles,
                      float *plane);
/// Transforms tiles into results, of which `height` and `width` are the extents.
void ck_winograd_write(const ck_tiles *t, size_t channels, const float *tiles, float *images, float *plane);
/// The products of one of the 36 numbers: sums [outer, tiles*lanes] over inner channels of filters[m*wm + c*wc] times
/// windows [inner, tiles*lanes], both in panels of ck_winograd_panel tiles.
void ck_winograd_products(size_t outer, size_t inner, size_t tiles, const float *filters, size_t wm, size_t wc,
                          const float *windows, float *sums);
/// Transforms 3×3 filters [outputs, channels], turned by half a turn where asked to. Each of the 36 numbers is a matrix
/// with rows that lie `pitch` elements apart, and begins `apart` elements after the one before.
void ck_winograd_filters(size_t outputs, size_t channels, const float *weights, int turned, float *filters,
                         size_t pitch, size_t apart);
/// Adds the gradients of filters, from those with respect to their transforms.
void ck_winograd_filter_gradients(size_t count, const float *filters, size_t apart, float *weights);

/// Rows of coefficients over windows of an image, stored as [rows, windowHeight, windowWidth, channels]: what lies side
/// by side in a line of the image does so in a window. Images are [height, width, channels] here. Window r begins at
/// (tops[r], lefts[r]), which may lie outside; what lies outside is ignored.
typedef struct {
  size_t channels, height, width;
  size_t rows, windowHeight, windowWidth;
  const ptrdiff_t *tops, *lefts;
} ck_windows;

/// As ck_row_sum, on windows: adds each row's sums to sums[r].
void ck_windows_sum_f64(const ck_windows *g, const double *values, const double *weights, const double *reach,
                        ck_row_sums *sums);
void ck_windows_sum_f32(const ck_windows *g, const float *values, const double *weights, const double *reach,
                        ck_row_sums *sums);
/// As ck_row_largest, on windows.
void ck_windows_largest_f64(const ck_windows *g, const double *values, const double *centre, const double *radius,
                            ck_row_sums *sums);
void ck_windows_largest_f32(const ck_windows *g, const float *values, const double *centre, const double *radius,
                            ck_row_sums *sums);
/// As ck_row_relax, on windows.
void ck_windows_relax_f64(const ck_windows *g, const double *lowerSlope, const double *lowerOffset,
                          const double *upperSlope, const double *upperOffset, const double *reach, double *values,
                          ck_relaxed *sums);
void ck_windows_relax_f32(const ck_windows *g, const double *lowerSlope, const double *lowerOffset,
                          const double *upperSlope, const double *upperOffset, const double *reach, float *values,
                          ck_relaxed *sums);
/// Sets the coefficients outside the image to zero.
void ck_windows_mask_f64(const ck_windows *g, double *values);
void ck_windows_mask_f32(const ck_windows *g, float *values);
/// Copies each row into a row over the whole image, [rows, channels, height, width], which holds zeros.
void ck_windows_spread_f64(const ck_windows *g, const double *values, double *rows);
void ck_windows_spread_f32(const ck_windows *g, const float *values, float *rows);
/// Bytes of workspace, aligned to 64, that ck_windows_pull wants.
size_t ck_windows_pull_workspace(const ck_convolution *g, size_t outputs, size_t fromHeight, size_t fromWidth);
/// What rows over windows [rows, fromHeight, fromWidth, outputs] of a convolution's output are pulled back to: windows
/// [rows, height, width, channels], as large as the convolution reads for theirs. Kernels are [outputs, kernelHeight,
/// kernelWidth, channels]. Only channels, kernel, strides and dilations of g are read. Each result is the sum of its
/// products in some order, and of zeros.
void ck_windows_pull_f64(const ck_convolution *g, size_t outputs, size_t fromHeight, size_t fromWidth, size_t rows,
                         const double *kernels, const double *from, double *to, void *workspace);
void ck_windows_pull_f32(const ck_convolution *g, size_t outputs, size_t fromHeight, size_t fromWidth, size_t rows,
                         const float *kernels, const float *from, float *to, void *workspace);

/// Products of a matrix [rows, k] with each of some centres [batch, k], and of its magnitudes with radii: middles and
/// spreads [batch, rows], each a sum in some order that does not depend on the batch.
void ck_dense_balls_f64(const double *weights, size_t rows, size_t k, size_t batch, const double *centres,
                        const double *radii, double *middles, double *spreads);
void ck_dense_balls_f32(const float *weights, size_t rows, size_t k, size_t batch, const float *centres,
                        const float *radii, float *middles, float *spreads);

/// One Adam step over n parameters (Kingma & Ba 2015) against the gradient times `scale`, with the bias corrections
/// already in `step` and `epsilon`: first and second moments are updated in place, magnitudes are those of the parameters
/// after the step.
void ck_adam_f32(float *parameters, float *magnitudes, const float *gradient, float scale, float *first, float *second,
                 size_t n, float beta1, float beta2, float step, float epsilon);

/// One step of sign-gradient ascent within boxes: each coordinate moves by step times its width along the gradient's
/// sign and is cut to its ends. Returns whether any moved.
int ck_ascend_f32(float *point, const float *gradient, const float *lower, const float *upper, size_t n, float step);

/// What is left of a classifier over a box: for each of up to sixteen searches at once, the lanes, the function
/// `constant + slopes·δ + Σ_k weights_k·max(0, centres_k + entries_k·δ)` of the free coordinates δ, each at most its radius
/// from 0. Rows of entries are sparse: those of unit k lie between starts[k] and starts[k + 1], at the coordinates `places`.
/// All arrays but these, centres and radii have CK_FOLDED_LANES numbers for each coordinate or unit.
#define CK_FOLDED_LANES 16
typedef struct {
  size_t free, units;
  const int32_t *starts, *places;
  const float *entries, *centres, *radii, *slopes, *weights;
  float *points, *best, *gradient, *active, *applied;
} ck_folded;
/// Adds the functions' values at the points to values[16], and writes the weights of units that are active to `active`. Of
/// the lanes only the first so many count, here and below.
void ck_folded_values(const ck_folded *folded, int lanes, float *values);
/// Brings the functions' gradients up to what is active, from what was applied to them so far: at first nothing, to their
/// slopes.
void ck_folded_gradient(const ck_folded *folded, int lanes);
/// Keeps the points of lanes that are better (all bits set, else none) as the best ones, and moves all by `step` times the
/// width along the gradients' signs, within the box. Writes for each lane whether it moved.
void ck_folded_ascend(const ck_folded *folded, int lanes, const int32_t *better, float step, int32_t *moved);

/// The corner of a box where a linear function is largest: upper[i] where coefficients[i] > 0, else lower[i].
void ck_corner_f64(const double *coefficients, const double *lower, const double *upper, double *corner, size_t n);
void ck_corner_f32(const float *coefficients, const double *lower, const double *upper, float *corner, size_t n);
/// Replaces pre-activations by outputs along the lines that a row's coefficients over the outputs chose: the upper one
/// where a[i] > 0, else the lower one. Writes free[i]*min(a[i], 0)*z[i], the derivatives with respect to lower slopes.
void ck_push_f64(double *values, double *gradient, const double *coefficients, const double *free,
                 const double *lowerSlope, const double *lowerOffset, const double *upperSlope,
                 const double *upperOffset, size_t n);
void ck_push_f32(float *values, double *gradient, const float *coefficients, const double *free,
                 const double *lowerSlope, const double *lowerOffset, const double *upperSlope,
                 const double *upperOffset, size_t n);
/// One Adam step, as ck_adam_f32 without a scale, with slopes that stay in [0, 1] whatever the gradient; one that is not finite counts as 0.
void ck_adam_slopes(double *slopes, const double *gradient, double *first, double *second, size_t n, double beta1,
                    double beta2, double step, double epsilon);

/// The larger of each value and 0 (what is no number stays so), and what its gradient with respect to x is: zero where x
/// is not positive.
void ck_relu_f32(const float *x, float *y, size_t n);
void ck_relu_gradient_f32(const float *x, float *gradient, size_t n);
/// The same for both ends of boxes with centres c and radii r, as centres and radii; upper ends of boxes that begin below 0
/// are multiplied by the shrinkage.
void ck_box_relu_f32(const float *c, const float *r, float *nextC, float *nextR, size_t n, float shrinkage);
void ck_box_relu_gradient_f32(const float *c, const float *r, float *gc, float *gr, size_t n, float shrinkage);
/// Adds sign(signs[i])*terms[i] to a sum, and takes it from another.
void ck_add_signed_f32(const float *terms, const float *signs, float *sum, float *counter, size_t n);

/// Adds a constant to each value.
void ck_add_constant_f32(float *values, float constant, size_t n);

/// Sums over boxes: of centres and radii; and for the boxes above 0 (active) and those below (inactive), how many they are
/// and the sums of their centres and of these centres' squares.
typedef struct {
  double centre, radius;
  double activeCount, activeCentre, activeSquare;
  double inactiveCount, inactiveCentre, inactiveSquare;
} ck_box_phases;
void ck_box_phases_f32(const float *c, const float *r, size_t n, ck_box_phases *phases);

/// Multiplies values by the signs of others: by 0 where these are 0.
void ck_multiply_signs_f32(const float *signs, float *values, size_t n);

/// The sum of a[i]*b[i] accumulated in double precision.
double ck_dot_f32(const float *a, const float *b, size_t n);

#endif
