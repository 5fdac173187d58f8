#include "clp_bridge.h"

#include <ClpSimplex.hpp>
#include <cstring>

struct clp_bridge {
  ClpSimplex model;
  // Whether work areas and a factorisation of the last solve are there to go on with.
  bool warm = false;
};

// What Clp and the standard library throw has no place in Swift: it becomes a failed call.
template <typename Result, typename Body> static Result guarded(Result failed, Body body) {
  try {
    return body();
  } catch (...) {
    return failed;
  }
}

// Bits of Clp's `startFinishOptions`: keep work areas and factorisation at the end; use an old factorisation if the
// number of rows is the same.
static const int keep = 1, reuse = 6;

template <typename Method>
static clp_bridge_status solve(clp_bridge *bridge, int iterations, Method method) {
  return guarded(CLP_BRIDGE_FAILED, [&] {
    bridge->model.setMaximumIterations(iterations);
    method(bridge->model, bridge->warm ? keep | reuse : keep);
    int status = bridge->model.status();
    bridge->warm = status == CLP_BRIDGE_OPTIMAL;
    return status >= 0 && status <= CLP_BRIDGE_ITERATIONS ? clp_bridge_status(status) : CLP_BRIDGE_FAILED;
  });
}

extern "C" {

clp_bridge *clp_bridge_new(int columns, int rows, const int *starts, const int *indices, const double *values,
                           const double *columnLower, const double *columnUpper, const double *objective,
                           const double *rowLower, const double *rowUpper, double tolerance) {
  clp_bridge *bridge = nullptr;
  try {
    bridge = new clp_bridge;
    CoinPackedMatrix byRow(false, columns, rows, starts[rows], values, indices, starts, nullptr);
    bridge->model.setLogLevel(0);
    bridge->model.loadProblem(byRow, columnLower, columnUpper, objective, rowLower, rowUpper);
    bridge->model.setPrimalTolerance(tolerance);
    bridge->model.setDualTolerance(tolerance);
    bridge->model.scaling(0); bridge->model.startPermanentArrays();
    bridge->model.setPerturbation(102);
    return bridge;
  } catch (...) {
    delete bridge;
    return nullptr;
  }
}

void clp_bridge_delete(clp_bridge *bridge) { delete bridge; }

int clp_bridge_rows(const clp_bridge *bridge) { return bridge->model.numberRows(); }

void clp_bridge_set_column(clp_bridge *bridge, int column, double lower, double upper) {
  bridge->model.setColumnBounds(column, lower, upper);
}

void clp_bridge_set_objective(clp_bridge *bridge, const double *objective) {
  bridge->model.chgObjCoefficients(objective);
}

int clp_bridge_add_rows(clp_bridge *bridge, int count, const int *starts, const int *indices, const double *values,
                        const double *lower, const double *upper) {
  bridge->warm = false;
  return guarded(0, [&] {
    bridge->model.addRows(count, lower, upper, starts, indices, values);
    return 1;
  });
}

int clp_bridge_remove_rows(clp_bridge *bridge, int count, const int *rows) {
  bridge->warm = false;
  return guarded(0, [&] {
    bridge->model.deleteRows(count, rows);
    return 1;
  });
}

int clp_bridge_basis_size(const clp_bridge *bridge) {
  return bridge->model.numberRows() + bridge->model.numberColumns();
}

void clp_bridge_get_basis(const clp_bridge *bridge, unsigned char *basis) {
  std::memcpy(basis, bridge->model.statusArray(), clp_bridge_basis_size(bridge));
}

void clp_bridge_set_basis(clp_bridge *bridge, const unsigned char *basis) {
  std::memcpy(bridge->model.statusArray(), basis, clp_bridge_basis_size(bridge));
  bridge->warm = false;
}

clp_bridge_status clp_bridge_dual(clp_bridge *bridge, int iterations) {
  return solve(bridge, iterations, [](ClpSimplex &model, int options) { model.dual(0, options); });
}

clp_bridge_status clp_bridge_primal(clp_bridge *bridge, int iterations) {
  return solve(bridge, iterations, [](ClpSimplex &model, int options) { model.primal(0, options); });
}

const double *clp_bridge_columns(const clp_bridge *bridge) { return bridge->model.primalColumnSolution(); }
const double *clp_bridge_duals(const clp_bridge *bridge) { return bridge->model.dualRowSolution(); }
int clp_bridge_iterations(const clp_bridge *bridge) { return bridge->model.numberIterations(); }
}
