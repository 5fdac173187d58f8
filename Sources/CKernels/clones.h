#ifndef CLONES_H
#define CLONES_H

// Clones for the widest vectors at hand, chosen once when the program is loaded.
#if defined(__x86_64__)
#define WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WIDE
#endif

#endif
