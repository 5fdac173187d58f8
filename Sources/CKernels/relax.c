#include "clones.h"
#include "relax.h"

WIDE ck_relaxed ck_relax(double *row, const double *lowerSlope, const double *lowerOffset, const double *upperSlope,
                         const double *upperOffset, const double *reach, size_t n) {
  return relax_run(row, lowerSlope, lowerOffset, upperSlope, upperOffset, reach, n);
}
