/*
 * heap: memory that lives as long as one run of rcc.
 *
 * Nothing is freed one by one: a run is short, and its data is the scripts'.
 * Out of memory ends the program with status 3; callers never see NULL.
 */
#ifndef TINYINIT_RCC_HEAP_H
#define TINYINIT_RCC_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed, aligned for any type. */
void *heap_take(size_t bytes);

/* A terminated copy of n bytes. */
char *heap_copy(const char *text, size_t n);

/* printf(3) into memory of the fitting size. */
__attribute__((format(printf, 1, 2))) char *heap_print(const char *format, ...);

/*
 * Room for one entry more in an array of n: the array itself, or a larger copy
 * when n is a power of two (or 0).
 */
void *heap_grow(void *array, uint32_t n, size_t entry_bytes);

/* Free everything: for programs that do many runs. */
void heap_drop(void);

#endif
