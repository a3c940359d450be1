/*
 * elf: what the first bytes of a program say about where it can run.
 */
#ifndef TINYINIT_RCC_ELF_H
#define TINYINIT_RCC_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf {
	uint8_t class; /* 1: 32 bits, 2: 64 bits */
	uint8_t data;  /* 1: little-endian, 2: big-endian */
	uint16_t machine;
	const char *loader; /* the dynamic loader that it asks for, or NULL */
};

/* False: these bytes, the first of a file, are no ELF program (elf(5)). */
bool elf_read(struct elf *elf, const char *bytes, size_t n);

/* Could both run on one machine? */
bool elf_alike(const struct elf *a, const struct elf *b);

const char *elf_machine(const struct elf *elf);

#endif
