"""Read a service table (init/core/table.h) into dictionaries."""

import struct

KINDS = ("require", "want", "after", "follow", "conflict")
TYPES = ("oneshot", "daemon", "forking", "target")
READY = ("exec", "exit", "notify", "fd", "probe")
RESTART = ("no", "on-failure", "always")
THEN = ("slow", "fail", "reboot", "rescue")
FLAGS = ("bad", "plain", "nostart", "critical", "notify", "wrapped",
         "firstboot", "disabled", "group")
WORDS = ("name file line fault describe start stop reload wait probe tty "
         "start_timeout_ms stop_timeout_ms watchdog_ms restart_min_ms "
         "restart_max_ms restart_limit restart_window_ms edges n_edges back "
         "n_back hash").split()
BYTES = ("type ready restart then stop_signal reload_signal ready_fd "
         "spare").split()
ROW = struct.Struct("<%dI%dBI" % (len(WORDS), len(BYTES)))
DEFAULT_MS = 0xffffffff


def checksum(data):
    total = 0x811c9dc5
    for word, in struct.iter_unpack("<I", data):
        total = (total ^ word) * 0x01000193 & 0xffffffff
    return total


class Table:
    def __init__(self, data):
        self.data = data
        head = struct.unpack_from("<16I", data)
        assert head[0] == 0x31526974 and head[1] == 1, "not a table"
        assert head[2] == len(data), "size"
        assert head[3] == checksum(data[16:]), "checksum"
        (self.services, self.edges, self.back, self.source_area, self.args,
         self.texts) = zip(head[4::2], head[5::2])
        self.rows = [self.row(i) for i in range(self.services[1])]
        self.by_name = {row["name"]: row for row in self.rows}
        for area, first, count in (("edges", "edges", "n_edges"),
                                   ("back", "back", "n_back")):
            for row in self.rows:
                row[area] = self.edge_list(getattr(self, area), row[first],
                                           row[count])
        self.sources = {}
        for i in range(self.source_area[1]):
            one = struct.unpack_from("<7I", data, self.source_area[0] + 28 * i)
            self.sources[self.text(one[0])] = {
                "mode": one[1], "size": one[2] | one[3] << 32,
                "mtime": one[4] | one[5] << 32, "ns": one[6]}

    def text(self, at):
        begin = self.texts[0] + at
        end = self.data.index(b"\0", begin)
        return self.data[begin:end].decode("utf-8", "surrogateescape")

    def list(self, at):
        out = []
        while at:
            word, = struct.unpack_from("<I", self.data, self.args[0] + 4 * at)
            if not word:
                break
            out.append(self.text(word))
            at += 1
        return out

    def row(self, i):
        values = ROW.unpack_from(self.data, self.services[0] + ROW.size * i)
        row = dict(zip(WORDS + BYTES + ["flags"], values))
        for key in ("name", "file", "fault", "describe", "tty"):
            row[key] = self.text(row[key])
        for key in ("start", "stop", "reload", "wait", "probe"):
            row[key] = self.list(row[key])
        row["type"] = TYPES[row["type"]]
        row["ready"] = READY[row["ready"]]
        row["restart"] = RESTART[row["restart"]]
        row["then"] = THEN[row["then"]]
        row["flags"] = {f for k, f in enumerate(FLAGS)
                        if row["flags"] >> k & 1}
        return row

    def edge_list(self, area, first, count):
        out = []
        for k in range(first, first + count):
            service, kind = struct.unpack_from("<HH", self.data,
                                               area[0] + 4 * k)
            out.append((KINDS[kind], self.rows[service]["name"]))
        return sorted(out)

    def __getitem__(self, name):
        return self.by_name[name]

    def __contains__(self, name):
        return name in self.by_name

    def names(self):
        return [row["name"] for row in self.rows]
