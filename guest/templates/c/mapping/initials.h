/* The initials of a name. */
#ifndef INITIALS_H
#define INITIALS_H

#include <stddef.h>
#include <stdint.h>

/* Writes the first character of each word of `name` (UTF-8, `length` bytes) to `initials`, which has room for `length` bytes.
   Answers how many bytes were written. */
size_t initials_of(const uint8_t *name, size_t length, uint8_t *initials);

#endif
