/* Fuzz consoles: whatever the kernel's list of terminals may say. */
#include "consoles.h"

#include "replay.h"

static void check_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-.";
	size_t len = strnlen(name, CONSOLES_NAME);

	CHECK(len > 0 && len < CONSOLES_NAME);
	CHECK(name[0] != '.');
	CHECK(strspn(name, allowed) == len);
	CHECK(strcmp(name, "tty0") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *list = replay_string(data, size);
	struct consoles consoles;

	memset(&consoles, 0xff, sizeof(consoles));
	consoles_parse(&consoles, list);
	CHECK(consoles.n >= 1 && consoles.n <= CONSOLES_CAP);
	for (uint32_t i = 0; i < consoles.n; i++) {
		check_name(consoles.name[i]);
		for (uint32_t k = 0; k < i; k++)
			CHECK(strcmp(consoles.name[i], consoles.name[k]) != 0);
	}
	free(list);
	return 0;
}

REPLAY_MAIN("tests/fuzz/corpus/consoles")
