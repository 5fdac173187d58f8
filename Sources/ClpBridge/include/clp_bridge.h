// Clp behind a C interface that keeps what Clp's own throws away: scaling, factorisation and work areas stay from one
// solve to the next, rows come and go, and no exception crosses into Swift.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

typedef struct clp_bridge clp_bridge;

/// What became of a solve, in Clp's numbering.
typedef enum {
  CLP_BRIDGE_OPTIMAL = 0,
  CLP_BRIDGE_INFEASIBLE = 1,
  CLP_BRIDGE_UNBOUNDED = 2,
  CLP_BRIDGE_STOPPED = 3,
  CLP_BRIDGE_FAILED = 4,
  CLP_BRIDGE_ENOUGH = 5,
} clp_bridge_status;

/// A model that minimises `objective·v`; the matrix is given row by row. NULL if Clp cannot make one.
clp_bridge *clp_bridge_new(int columns, int rows, const int *starts, const int *indices, const double *values,
                           const double *columnLower, const double *columnUpper, const double *objective,
                           const double *rowLower, const double *rowUpper, double tolerance);
void clp_bridge_delete(clp_bridge *);

int clp_bridge_rows(const clp_bridge *);
void clp_bridge_set_column(clp_bridge *, int column, double lower, double upper);
void clp_bridge_set_objective(clp_bridge *, const double *objective);
/// Adds rows after those that are there; 0 if that failed.
int clp_bridge_add_rows(clp_bridge *, int count, const int *starts, const int *indices, const double *values,
                        const double *lower, const double *upper);

/// The size in bytes of a basis, for the rows that there are now.
int clp_bridge_basis_size(const clp_bridge *);
/// Copies out the basis that the last solve ended with, or replaces the one that the next solve starts from.
void clp_bridge_get_basis(const clp_bridge *, unsigned char *basis);
void clp_bridge_set_basis(clp_bridge *, const unsigned char *basis);

/// Solves by the dual simplex method from where the last solve ended, for about so many seconds of wall-clock time;
/// or until the objective is sure to be above `enough`.
clp_bridge_status clp_bridge_dual(clp_bridge *, double seconds, double enough);

/// The solution of the last solve: values of columns, multipliers of rows.
const double *clp_bridge_columns(const clp_bridge *);
const double *clp_bridge_duals(const clp_bridge *);
int clp_bridge_iterations(const clp_bridge *);

#ifdef __cplusplus
}
#endif
