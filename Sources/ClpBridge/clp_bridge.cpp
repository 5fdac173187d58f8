#include "clp_bridge.h"

#include <ClpEventHandler.hpp>
#include <ClpSimplex.hpp>
#include <algorithm>
#include <chrono>
#include <cstring>

using Clock = std::chrono::steady_clock;

// Asked at every iteration and factorisation: Clp's own limits count the processor time of all threads, or iterations
// that can take any time.
class Deadline : public ClpEventHandler {
public:
  Clock::time_point end = Clock::time_point::max();
  // The dual method's objective only rises: beyond this nobody needs to know how far.
  double enough = COIN_DBL_MAX;
  bool isEnough = false;

  int event(Event what) override {
    if (what != endOfIteration && what != endOfFactorization) return -1;
    isEnough = what == endOfIteration && model_->objectiveValue() > enough;
    return isEnough || Clock::now() >= end ? 1 : -1;
  }
  ClpEventHandler *clone() const override { return new Deadline(*this); }
};

struct clp_bridge {
  ClpSimplex model;
  // Whether work areas and a factorisation of the last solve are there to go on with.
  bool warm = false;
  int iterations = 0;
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
// number of rows is the same; skip what initialisation can be skipped.
static const int keep = 1, reuse = 2 | 4;

// Clp's status for a solve that an event handler ended.
static const int stopped = 5;

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
    // Region networks' rows are of like size: scaling and perturbation only cost multipliers digits.
    bridge->model.scaling(0);
    bridge->model.setPerturbation(102);
    // Arrays for no rows could not take any later.
    if (rows > 0) bridge->model.startPermanentArrays();
    Deadline deadline;
    bridge->model.passInEventHandler(&deadline);
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

clp_bridge_status clp_bridge_dual(clp_bridge *bridge, double seconds, double enough) {
  // Whatever ends the solve by an exception leaves nothing to go on with.
  bool warm = bridge->warm;
  bridge->warm = false;
  return guarded(CLP_BRIDGE_FAILED, [&] {
    auto left = std::chrono::duration<double>(std::min(std::max(seconds, 0.0), 1e6));
    auto &model = bridge->model;
    auto *deadline = static_cast<Deadline *>(model.eventHandler());
    deadline->end = Clock::now() + std::chrono::duration_cast<Clock::duration>(left);
    deadline->enough = enough;
    deadline->isEnough = false;
    model.dual(0, warm ? keep | reuse : keep);
    bridge->iterations = model.numberIterations();
    if (deadline->isEnough) {
      // The multipliers are those of the last factorisation: have them computed anew.
      int limit = model.maximumIterations();
      deadline->enough = COIN_DBL_MAX;
      model.setMaximumIterations(0);
      model.dual(0, keep);
      model.setMaximumIterations(limit);
      return CLP_BRIDGE_ENOUGH;
    }
    int status = model.status();
    bridge->warm = status == CLP_BRIDGE_OPTIMAL;
    if (status == stopped) return CLP_BRIDGE_STOPPED;
    return status >= 0 && status < CLP_BRIDGE_STOPPED ? clp_bridge_status(status) : CLP_BRIDGE_FAILED;
  });
}

const double *clp_bridge_columns(const clp_bridge *bridge) { return bridge->model.primalColumnSolution(); }
const double *clp_bridge_duals(const clp_bridge *bridge) { return bridge->model.dualRowSolution(); }
int clp_bridge_iterations(const clp_bridge *bridge) { return bridge->iterations; }
}
