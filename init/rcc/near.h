/*
 * near: the known word that an unknown one was probably meant to be.
 */
#ifndef TINYINIT_RCC_NEAR_H
#define TINYINIT_RCC_NEAR_H

struct near {
	const char *wrong;
	const char *best; /* so far; NULL: none is near */
	unsigned distance;
};

void near_init(struct near *near, const char *wrong);
void near_try(struct near *near, const char *known);

/* ` (did you mean "x"?)`, or "". */
const char *near_text(const struct near *near);

/* The same over a list that ends with NULL. */
const char *near_of(const char *wrong, const char *const *known);

#endif
