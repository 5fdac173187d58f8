// What lanes.h defined, and what it was given but TARGET.

#undef LOAD
#undef STORE
#undef LOAD_FOUR
#undef STORE_FOUR
#undef SHUFFLE
#undef NAME
#undef NAMED
#undef PASTE
#undef T
#undef LANES
#undef COMPRESS
#undef SUFFIX
