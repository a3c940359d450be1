/*
 * image: the service table as bytes, and as a file.
 *
 * What does not fit into TABLE_BYTES makes a service BAD; a service that is not
 * sound gets a row with its name, file, line and fault.
 */
#ifndef TINYINIT_RCC_IMAGE_H
#define TINYINIT_RCC_IMAGE_H

#include "script.h"
#include "source.h"

/* NULL when not even the names fit.  The bytes are the heap's. */
void *image_make(struct scripts *scripts, const struct sources *sources, size_t *size);

/* Replace a file at once and for good: temporary file, fsync, rename.  0 or -errno. */
int image_write(const char *file, const void *data, size_t size);

#endif
