#include "action.h"

#include <string.h>

struct action *action_add(struct actions *actions, enum action_kind kind, uint32_t unit)
{
	if (actions->n < ACTIONS_CAP)
		actions->n++;
	struct action *action = &actions->at[actions->n - 1];

	memset(action, 0, sizeof(*action));
	action->kind = kind;
	action->unit = unit;
	return action;
}

bool actions_roomy(const struct actions *actions)
{
	return ACTIONS_CAP - actions->n >= ACTIONS_PER_STEP;
}

struct action *action_say(struct actions *actions, enum message message, uint32_t unit)
{
	struct action *action = action_add(actions, ACTION_SAY, unit);

	action->message = message;
	return action;
}
