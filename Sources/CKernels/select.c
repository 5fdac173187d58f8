#include "CKernels.h"
#include <stdlib.h>
#include <string.h>

extern char *openblas_get_corename(void);
extern void openblas_set_num_threads(int);
// Exported by builds of OpenBLAS that choose their kernels at run time, absent from the others.
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));

const char *ck_select_blas_kernels(const char *core) {
  if (gotoblas_dynamic_init && gotoblas_dynamic_quit) {
    const char *old = getenv("OPENBLAS_CORETYPE");
    char *saved = old ? strdup(old) : NULL;
    if (core && strcmp(core, "auto") != 0) setenv("OPENBLAS_CORETYPE", core, 1);
    else unsetenv("OPENBLAS_CORETYPE");
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    if (saved) { setenv("OPENBLAS_CORETYPE", saved, 1); free(saved); }
    else unsetenv("OPENBLAS_CORETYPE");
  }
  // Parallelism lies above the matrix products: several threads inside one are never faster here, and
  // results would depend on their number.
  openblas_set_num_threads(1);
  return openblas_get_corename();
}
