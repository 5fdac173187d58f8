// Vectors of LANES elements T, for functions that processors TARGET run; names end in SUFFIX. Included once for each of
// these, before the templates that use them; lanes_end.h comes after them.

#define PASTE(a, b) a##_##b
#define NAMED(name, suffix) PASTE(name, suffix)
#define NAME(name) NAMED(name, SUFFIX)

typedef T NAME(vector) __attribute__((vector_size(LANES * sizeof(T))));
// The same anywhere in an array.
typedef T NAME(unaligned) __attribute__((vector_size(LANES * sizeof(T)), aligned(sizeof(T)), may_alias));
#define LOAD(p) (*(const NAME(unaligned) *)(p))
#define STORE(p, v) (*(NAME(unaligned) *)(p) = (v))
// Four elements, for what is shorter than a vector.
typedef T NAME(four) __attribute__((vector_size(4 * sizeof(T)), aligned(sizeof(T)), may_alias));
#define LOAD_FOUR(p) (*(const NAME(four) *)(p))
#define STORE_FOUR(p, v) (*(NAME(four) *)(p) = (v))
#define SHUFFLE(which) NAMED(which, LANES)

// The transpose of LANES vectors: in each round, the elements of the first half in turn with those of the second. Vectors
// of eight in two halves, which processors shuffle at half the cost: blocks of four by four, then the halves.
TARGET static inline __attribute__((always_inline)) void NAME(transpose)(NAME(vector) v[LANES]) {
#if LANES == 8
#define LOW_HALVES(a, b) SHUFFLED(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH_HALVES(a, b) SHUFFLED(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
  _Pragma("clang loop unroll(full)")
  for (size_t i = 0; i < 8; i += 4) {
    const NAME(vector) a = LOW_HALVES(v[i], v[i + 2]), b = HIGH_HALVES(v[i], v[i + 2]);
    const NAME(vector) c = LOW_HALVES(v[i + 1], v[i + 3]), d = HIGH_HALVES(v[i + 1], v[i + 3]);
    v[i] = LOW_HALVES(a, c);
    v[i + 1] = HIGH_HALVES(a, c);
    v[i + 2] = LOW_HALVES(b, d);
    v[i + 3] = HIGH_HALVES(b, d);
  }
  _Pragma("clang loop unroll(full)")
  for (size_t i = 0; i < 4; i++) {
    const NAME(vector) a = v[i], b = v[i + 4];
    v[i] = SHUFFLED(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    v[i + 4] = SHUFFLED(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
#undef LOW_HALVES
#undef HIGH_HALVES
#else
  _Pragma("clang loop unroll(full)")
  for (size_t round = 1; round < LANES; round *= 2) {
    NAME(vector) mixed[LANES];
    _Pragma("clang loop unroll(full)")
    for (size_t i = 0; i < LANES / 2; i++) {
      mixed[2 * i] = SHUFFLE(LOW)(v[i], v[i + LANES / 2]);
      mixed[2 * i + 1] = SHUFFLE(HIGH)(v[i], v[i + LANES / 2]);
    }
    _Pragma("clang loop unroll(full)")
    for (size_t i = 0; i < LANES; i++) v[i] = mixed[i];
  }
#endif
}
