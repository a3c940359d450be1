"""As much of ELF as the gates ask for, of any architecture, by struct alone.

The gates do not lean on the binutils of each architecture: they read the files
themselves, 32 or 64 bits, little or big endian.
"""

import struct

PT_LOAD, PT_INTERP, PT_DYNAMIC, PT_GNU_STACK = 1, 3, 2, 0x6474E551
PF_X = 1
SHT_SYMTAB, SHT_NOBITS = 2, 8
SHF_WRITE = 1
SHN_UNDEF, SHN_ABS, SHN_COMMON = 0, 0xFFF1, 0xFFF2
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE = 0, 1, 2, 3, 4


class NotElf(Exception):
    pass


class Symbol:
    def __init__(self, name, info, section, value, size):
        self.name = name
        self.kind = info & 15
        self.binding = info >> 4
        self.section = section      # an index, or SHN_*
        self.value = value
        self.size = size

    @property
    def undefined(self):
        return self.section == SHN_UNDEF


class Section:
    def __init__(self, name, kind, flags, offset, size, link, entry):
        self.name, self.kind, self.flags = name, kind, flags
        self.offset, self.size = offset, size
        self.link, self.entry = link, entry


class Segment:
    def __init__(self, kind, flags, offset, size):
        self.kind, self.flags = kind, flags
        self.offset, self.size = offset, size


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        if self.data[:4] != b"\x7fELF":
            raise NotElf("%s is no ELF file" % path)
        self.wide = self.data[4] == 2
        self.order = "<" if self.data[5] == 1 else ">"
        self._header()
        self.sections = self._sections()
        self.symbols = self._symbols()

    def _unpack(self, form, offset):
        return struct.unpack_from(self.order + form, self.data, offset)

    def _header(self):
        form = "HHIQQQIHHHHHH" if self.wide else "HHIIIIIHHHHHH"
        (self.type, self.machine, _, _, phoff, shoff, _, _, phentsize, phnum,
         shentsize, shnum, shstrndx) = self._unpack(form, 16)
        self.segments = []
        for i in range(phnum):
            at = phoff + i * phentsize
            if self.wide:
                kind, flags, offset, _, _, size = self._unpack("IIQQQQ", at)
            else:
                kind, offset, _, _, size, _, flags = self._unpack("7I", at)
            self.segments.append(Segment(kind, flags, offset, size))
        self._table = (shoff, shentsize, shnum, shstrndx)

    def _sections(self):
        shoff, entsize, count, names = self._table
        raw = []
        for i in range(count):
            form = "IIQQQQIIQQ" if self.wide else "10I"
            raw.append(self._unpack(form, shoff + i * entsize))
        return [Section(self._string(raw[names][4], r[0]), r[1], r[2], r[4],
                        r[5], r[6], r[9]) for r in raw]

    def _string(self, table, offset):
        begin = table + offset
        end = self.data.index(b"\0", begin)
        return self.data[begin:end].decode("utf-8", "replace")

    def _symbols(self):
        found = []
        for section in self.sections:
            if section.kind != SHT_SYMTAB:
                continue
            strings = self.sections[section.link].offset
            for at in range(section.offset + section.entry,
                            section.offset + section.size, section.entry):
                if self.wide:
                    name, info, _, index, value, size = self._unpack(
                        "IBBHQQ", at)
                else:
                    name, value, size, info, _, index = self._unpack(
                        "IIIBBH", at)
                found.append(Symbol(self._string(strings, name), info, index,
                                    value, size))
        return found

    def undefined(self):
        return {s.name for s in self.symbols if s.undefined and s.name}

    def defined(self):
        """Names of the functions and objects that the file holds."""
        return {s.name for s in self.symbols
                if not s.undefined and s.name
                and s.kind in (STT_NOTYPE, STT_OBJECT, STT_FUNC)}

    def variables(self):
        """Names of writable data: what a module keeps outside its callers."""
        found = []
        for symbol in self.symbols:
            if symbol.kind not in (STT_OBJECT, STT_NOTYPE) or not symbol.name:
                continue
            if symbol.section == SHN_COMMON:
                found.append(symbol.name)
            elif (symbol.kind == STT_OBJECT
                  and 0 < symbol.section < len(self.sections)):
                section = self.sections[symbol.section]
                # .data.rel.ro is written by a loader only.
                if (section.flags & SHF_WRITE
                        and not section.name.startswith(".data.rel.ro")):
                    found.append(symbol.name)
        return sorted(found)

    def loaded(self):
        """The bytes that reach memory, whatever is stripped around them."""
        return [(s.flags, self.data[s.offset:s.offset + s.size])
                for s in self.segments if s.kind == PT_LOAD]
