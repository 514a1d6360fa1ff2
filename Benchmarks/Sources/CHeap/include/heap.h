#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>

/// Bytes that the program has of malloc at this moment; 0 where the system does not tell.
size_t heap_in_use(void);

#endif
