#include "elf.h"

#include "heap.h"

#include <string.h>

struct bytes {
	const unsigned char *at;
	size_t n;
	bool big;
};

/* A number of 2, 4 or 8 bytes; 0 behind the end. */
static uint64_t number(const struct bytes *b, uint64_t at, unsigned size)
{
	uint64_t value = 0;

	if (at > b->n || b->n - at < size)
		return 0;
	for (unsigned i = 0; i < size; i++)
		value = value << 8 | b->at[at + (b->big ? i : size - 1 - i)];
	return value;
}

/* The text of the PT_INTERP header. */
static const char *loader_of(const struct bytes *b, bool wide)
{
	uint64_t at = wide ? number(b, 32, 8) : number(b, 28, 4);
	uint64_t size = number(b, wide ? 54 : 42, 2);
	uint64_t count = number(b, wide ? 56 : 44, 2);

	for (uint64_t i = 0; i < count && size && at < b->n; i++, at += size) {
		uint64_t text = wide ? number(b, at + 8, 8) : number(b, at + 4, 4);
		uint64_t length = wide ? number(b, at + 32, 8) : number(b, at + 16, 4);

		if (number(b, at, 4) != 3 || text >= b->n || length > b->n - text || length < 2)
			continue;
		return heap_copy((const char *)b->at + text,
				 strnlen((const char *)b->at + text, (size_t)length));
	}
	return NULL;
}

bool elf_read(struct elf *elf, const char *bytes, size_t n)
{
	struct bytes b = { (const unsigned char *)bytes, n, false };

	if (n < 52 || memcmp(bytes, "\177ELF", 4) != 0)
		return false;
	elf->class = b.at[4];
	elf->data = b.at[5];
	b.big = elf->data == 2;
	elf->machine = (uint16_t)number(&b, 18, 2);
	elf->loader = loader_of(&b, elf->class == 2);
	return true;
}

bool elf_alike(const struct elf *a, const struct elf *b)
{
	return a->class == b->class && a->data == b->data && a->machine == b->machine;
}

const char *elf_machine(const struct elf *elf)
{
	static const struct {
		uint16_t number;
		const char *name;
	} machines[] = {
		{ 3, "i386" },       { 8, "mips" },    { 20, "powerpc" },
		{ 21, "powerpc64" }, { 40, "arm" },    { 62, "x86-64" },
		{ 183, "aarch64" },  { 243, "riscv" }, { 258, "loongarch" },
	};

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].number == elf->machine)
			return machines[i].name;
	return heap_print("machine %u", elf->machine);
}
