#include "net.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Flags or index.  Any socket will do, and this kind is in every kernel. */
static bool ask(const char *iface, bool wants_index, struct ifreq *answer)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int got;

	memset(answer, 0, sizeof(*answer));
	if (fd < 0)
		return false;
	strncpy(answer->ifr_name, iface, sizeof(answer->ifr_name) - 1);
	got = wants_index ? ioctl(fd, SIOCGIFINDEX, answer) : ioctl(fd, SIOCGIFFLAGS, answer);
	close(fd);
	return got == 0;
}

static bool has_flags(const char *iface, int flags)
{
	struct ifreq answer;

	return ask(iface, false, &answer) && (answer.ifr_flags & flags) == flags;
}

bool net_is_up(const char *iface)
{
	return has_flags(iface, IFF_UP);
}

bool net_has_carrier(const char *iface)
{
	return has_flags(iface, IFF_UP | IFF_RUNNING);
}

/* Looks at one answer of a dump; true: that is one of those sought. */
struct seek {
	uint16_t kind; /* the request */
	uint16_t answer;
	bool (*is_it)(const void *body, int index);
	int index; /* of the interface */
};

static bool send_request(int fd, const struct seek *seek, uint8_t family)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg body; /* as long as any of the bodies, and family is first */
	} request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = seek->kind,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .rtm_family = family },
	};

	return send(fd, &request, sizeof(request), 0) == (ssize_t)sizeof(request);
}

/* The answers to the request, to their end. */
static bool receive(int fd, const struct seek *seek)
{
	static union {
		struct nlmsghdr header;
		char bytes[32768]; /* what the kernel fills at most, netlink(7) */
	} buf;
	bool found = false;

	for (;;) {
		ssize_t n = recv(fd, &buf, sizeof(buf), 0);
		size_t at = 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return found;
		while (at + sizeof(struct nlmsghdr) <= (size_t)n) {
			const struct nlmsghdr *message = (const void *)(buf.bytes + at);

			if (message->nlmsg_len < sizeof(*message) ||
			    message->nlmsg_len > (size_t)n - at ||
			    message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
				return found;
			if (message->nlmsg_type == seek->answer &&
			    seek->is_it(message + 1, seek->index))
				found = true;
			at += NLMSG_ALIGN(message->nlmsg_len);
		}
	}
}

static bool find(const struct seek *seek, uint8_t family)
{
	bool found;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return false;
	found = send_request(fd, seek, family) && receive(fd, seek);
	close(fd);
	return found;
}

static bool is_address(const void *body, int index)
{
	const struct ifaddrmsg *address = body;

	if ((int)address->ifa_index != index)
		return false;
	if (address->ifa_family == AF_INET)
		return true;
	/* The flags that stand here, in 8 bits, are all that matter. */
	return address->ifa_family == AF_INET6 && address->ifa_scope != RT_SCOPE_LINK &&
	       !(address->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
}

bool net_has_address(const char *iface)
{
	struct seek seek = { RTM_GETADDR, RTM_NEWADDR, is_address, 0 };
	struct ifreq answer;

	if (!net_is_up(iface) || !ask(iface, true, &answer))
		return false;
	seek.index = answer.ifr_ifindex;
	return find(&seek, AF_UNSPEC);
}

static bool is_default(const void *body, int index)
{
	const struct rtmsg *route = body;

	(void)index;
	/* IPv6 has an unreachable one of its own. */
	return route->rtm_dst_len == 0 && route->rtm_type == RTN_UNICAST &&
	       (route->rtm_table == RT_TABLE_MAIN || route->rtm_table == RT_TABLE_DEFAULT) &&
	       !(route->rtm_flags & (RTM_F_CLONED | RTNH_F_DEAD | RTNH_F_LINKDOWN));
}

bool net_has_default_route(void)
{
	static const struct seek seek = { RTM_GETROUTE, RTM_NEWROUTE, is_default, 0 };

	return find(&seek, AF_INET) || find(&seek, AF_INET6);
}
