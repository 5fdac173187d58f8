// What is not zero among the elements of one vector, by the instructions that only the widest vectors have.

#include <immintrin.h>

#define COMPRESSING __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))

// Of the first `count` elements of a vector those that are not zero, and their positions, `first` the vector's own, times
// `apart`; whole vectors are written. Returns how many are meant.
COMPRESSING static inline unsigned compress_f32(const float *elements, size_t count, unsigned first, unsigned apart,
                                                float *values, unsigned *offsets) {
  const __m512i places = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512 x = _mm512_loadu_ps(elements);
  const __mmask16 meant = count < 16 ? (__mmask16)((1u << count) - 1) : (__mmask16)-1;
  const __mmask16 kept = _mm512_mask_cmp_ps_mask(meant, x, _mm512_setzero_ps(), _CMP_NEQ_UQ);
  const __m512i at = _mm512_add_epi32(places, _mm512_set1_epi32((int)first));
  _mm512_storeu_ps(values, _mm512_maskz_compress_ps(kept, x));
  _mm512_storeu_si512(offsets, _mm512_maskz_compress_epi32(kept, _mm512_mullo_epi32(at, _mm512_set1_epi32((int)apart))));
  return (unsigned)__builtin_popcount(kept);
}

COMPRESSING static inline unsigned compress_f64(const double *elements, size_t count, unsigned first, unsigned apart,
                                                double *values, unsigned *offsets) {
  const __m256i places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const __m512d x = _mm512_loadu_pd(elements);
  const __mmask8 meant = count < 8 ? (__mmask8)((1u << count) - 1) : (__mmask8)-1;
  const __mmask8 kept = _mm512_mask_cmp_pd_mask(meant, x, _mm512_setzero_pd(), _CMP_NEQ_UQ);
  const __m256i at = _mm256_add_epi32(places, _mm256_set1_epi32((int)first));
  _mm512_storeu_pd(values, _mm512_maskz_compress_pd(kept, x));
  _mm256_storeu_si256((__m256i *)offsets,
                      _mm256_maskz_compress_epi32(kept, _mm256_mullo_epi32(at, _mm256_set1_epi32((int)apart))));
  return (unsigned)__builtin_popcount(kept);
}

#undef COMPRESSING
