#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>

// Loops that the Swift compiler does not vectorise: sums, and the lowering of convolutions.
// All arrays are dense and row-major, sizes are element counts, and inputs and outputs never overlap.

/// Selects OpenBLAS's kernels: NULL or "auto" means what OpenBLAS itself detects on this processor,
/// whatever OPENBLAS_CORETYPE says; any other name forces that set. Also sets one thread.
/// Must not run beside a BLAS call. Returns the name of the set now in use.
const char *ck_select_blas_kernels(const char *core);

/// The sum of a[i]*b[i], in any order.
double ck_dot(const double *a, const double *b, size_t n);
/// The sum of |a[i]|*b[i], in any order.
double ck_magnitude_dot(const double *a, const double *b, size_t n);

/// What is left over when a row has been pulled through an activation's lines.
typedef struct {
  double constant;   // the sum of a[i] times the offset taken
  double magnitude;  // the sum of the magnitudes of these products
  double reach;      // the sum of the new coefficients' magnitudes times reach[i]
} ck_relaxed;

/// Replaces each coefficient a[i] of a row by its product with a slope, and sums its products with an offset: those
/// of the upper line where a[i] > 0, else those of the lower one. The sums are taken in any order.
ck_relaxed ck_relax(double *row, const double *lowerSlope, const double *lowerOffset, const double *upperSlope,
                    const double *upperOffset, const double *reach, size_t n);

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

/// Rows of coefficients over windows of an image [channels, height, width], stored as
/// [channels, rows, windowHeight, windowWidth]. Window r begins at (tops[r], lefts[r]), which may lie outside;
/// what lies outside is ignored.
typedef struct {
  size_t channels, height, width;
  size_t rows, windowHeight, windowWidth;
  const ptrdiff_t *tops, *lefts;
} ck_windows;

/// Adds to sums[r] the sum of a*w over row r's coefficients a and an image's elements w.
void ck_windows_dot(const ck_windows *g, const double *values, const double *weights, double *sums);
/// Adds to sums[r] the sum of |a|*w.
void ck_windows_magnitude_dot(const ck_windows *g, const double *values, const double *weights, double *sums);
/// As ck_relax, on windows: adds each row's sums to sums[r].
void ck_windows_relax(const ck_windows *g, const double *lowerSlope, const double *lowerOffset,
                      const double *upperSlope, const double *upperOffset, const double *reach, double *values,
                      ck_relaxed *sums);
/// Sets the coefficients outside the image to zero.
void ck_windows_mask(const ck_windows *g, double *values);
/// Copies each row into a row over the whole image, [rows, channels, height, width], which holds zeros.
void ck_windows_spread(const ck_windows *g, const double *values, double *rows);
/// Fills the windows with what columns [channels*kernelHeight*kernelWidth, rows, fromHeight, fromWidth] add to them:
/// entry (y, x) of a smaller window belongs at (y*stride + ky*dilation, x*stride + kx*dilation). Only kernel, strides
/// and dilations of k are read.
void ck_windows_fold(const ck_windows *g, const ck_convolution *k, size_t fromHeight, size_t fromWidth,
                     const double *columns, double *values);

/// One Adam step over n parameters (Kingma & Ba 2015), with the bias corrections already in
/// `step` and `epsilon`: first and second moments are updated in place.
void ck_adam_f32(float *parameters, const float *gradient, float *first, float *second, size_t n,
                 float beta1, float beta2, float step, float epsilon);

/// The corner of a box where a linear function is largest: upper[i] where coefficients[i] > 0, else lower[i].
void ck_corner(const double *coefficients, const double *lower, const double *upper, double *corner, size_t n);
/// Replaces pre-activations by outputs along the lines that a row's coefficients over the outputs chose: the upper one
/// where a[i] > 0, else the lower one. Writes free[i]*min(a[i], 0)*z[i], the derivatives with respect to lower slopes.
void ck_push(double *values, double *gradient, const double *coefficients, const double *free,
             const double *lowerSlope, const double *lowerOffset, const double *upperSlope, const double *upperOffset,
             size_t n);
/// As ck_adam_f32, with slopes that stay in [0, 1] whatever the gradient; one that is not finite counts as 0.
void ck_adam_slopes(double *slopes, const double *gradient, double *first, double *second, size_t n, double beta1,
                    double beta2, double step, double epsilon);

/// The sum of a[i]*b[i] accumulated in double, in a fixed order for a given machine.
double ck_dot_f32(const float *a, const float *b, size_t n);

#endif
