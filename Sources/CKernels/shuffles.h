// Shuffles of two vectors, for templates that lanes.h is included before.

// The even elements of one vector and the odd ones of another, and the two halves of their elements in turn.
#define SHUFFLED __builtin_shufflevector
#define EVEN_ODD_2(a, b) SHUFFLED(a, b, 0, 3)
#define LOW_2(a, b) SHUFFLED(a, b, 0, 2)
#define HIGH_2(a, b) SHUFFLED(a, b, 1, 3)
#define EVEN_ODD_4(a, b) SHUFFLED(a, b, 0, 2, 5, 7)
#define LOW_4(a, b) SHUFFLED(a, b, 0, 4, 1, 5)
#define HIGH_4(a, b) SHUFFLED(a, b, 2, 6, 3, 7)
#define EVEN_ODD_8(a, b) SHUFFLED(a, b, 0, 2, 4, 6, 9, 11, 13, 15)
#define LOW_8(a, b) SHUFFLED(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH_8(a, b) SHUFFLED(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define EVEN_ODD_16(a, b) SHUFFLED(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31)
#define LOW_16(a, b) SHUFFLED(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH_16(a, b) SHUFFLED(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
