/* A unit test that runs natively: cc initials.c initials_test.c -o initials_test && ./initials_test */
#include "initials.h"

#include <stdio.h>
#include <string.h>

static int wrong;

static void expect(const char *name, const char *wanted) {
  char found[100] = {0};
  initials_of((const uint8_t *)name, strlen(name), (uint8_t *)found);
  if (strcmp(found, wanted) == 0) return;
  printf("\"%s\" has \"%s\", not \"%s\"\n", name, wanted, found);
  wrong = 1;
}

int main(void) {
  expect("Adele Vance", "AV");
  expect("  Élodie  de la Cour ", "ÉdlC");
  expect("Jean-Luc", "JL");
  expect("陳 大文", "陳大");
  expect("", "");
  if (!wrong) puts("all names have their initials");
  return wrong;
}
