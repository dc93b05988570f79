#include "initials.h"

#include <stdbool.h>

/* A byte of UTF-8 that goes on with the character before it. */
static bool goes_on(uint8_t byte) {
  return (byte & 0xC0) == 0x80;
}

size_t initials_of(const uint8_t *name, size_t length, uint8_t *initials) {
  size_t written = 0;
  bool in_word = false, in_initial = false;
  for (size_t at = 0; at < length; at++) {
    bool space = name[at] == ' ' || name[at] == '\t' || name[at] == '-';
    in_initial = (in_initial && goes_on(name[at])) || (!space && !in_word);
    in_word = !space;
    if (in_initial) initials[written++] = name[at];
  }
  return written;
}
