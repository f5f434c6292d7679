"""Reads a universal Mach-O file, and fails if it isn't what macOS 11 and later run.

Usage: packaging/macho.py FILE

Expects both architectures; in each the least system 11.0 and no libraries but the system's; for arm64, which macOS runs
only signed, a signature whose page hashes are those of the file.
"""

import hashlib
import pathlib
import struct
import sys

ARCHITECTURES = {0x01000007: "x86_64", 0x0100000C: "arm64"}
LC_LOAD_DYLIB, LC_BUILD_VERSION, LC_VERSION_MIN, LC_CODE_SIGNATURE = 0xC, 0x32, 0x24, 0x1D
CODE_DIRECTORY = 0xFADE0C02


def slices(data):
    magic, count = struct.unpack_from(">II", data)
    assert magic == 0xCAFEBABE, "no universal file"
    for index in range(count):
        kind, _, offset, size, _ = struct.unpack_from(">IIIII", data, 8 + 20 * index)
        yield ARCHITECTURES[kind], data[offset : offset + size]


def commands(data):
    magic, _, _, _, count = struct.unpack_from("<IIIII", data)
    assert magic == 0xFEEDFACF, "no 64-bit Mach-O"
    offset = 32
    for _ in range(count):
        command, size = struct.unpack_from("<II", data, offset)
        yield command & 0x7FFFFFFF, data[offset : offset + size]
        offset += size


def check_signature(data, offset):
    """Compares each page with its hash; returns how many there are."""
    _, _, count = struct.unpack_from(">III", data, offset)
    blobs = [struct.unpack_from(">II", data, offset + 12 + 8 * index)[1] for index in range(count)]
    directories = [offset + blob for blob in blobs if struct.unpack_from(">I", data, offset + blob)[0] == CODE_DIRECTORY]
    assert directories, "no code directory"
    pages = 0
    for start in directories:
        hashes, _, _, pages, limit = struct.unpack_from(">IIIII", data, start + 16)
        size, kind, _, shift = struct.unpack_from(">BBBB", data, start + 36)
        assert (size, kind) == (32, 2), "hashes of another kind than SHA-256"
        for page in range(pages):
            begin = page << shift
            text = data[begin : min(begin + (1 << shift), limit)]
            place = start + hashes + size * page
            assert hashlib.sha256(text).digest() == data[place : place + size], f"page {page} was changed"
    return pages


def check(architecture, data):
    libraries, least, pages = [], None, 0
    for command, body in commands(data):
        if command == LC_LOAD_DYLIB:
            libraries.append(body[struct.unpack_from("<I", body, 8)[0] :].split(b"\0")[0].decode())
        elif command == LC_BUILD_VERSION:
            least = struct.unpack_from("<I", body, 12)[0]
        elif command == LC_VERSION_MIN:
            least = struct.unpack_from("<I", body, 8)[0]
        elif command == LC_CODE_SIGNATURE:
            pages = check_signature(data, struct.unpack_from("<I", body, 8)[0])
    assert least == 11 << 16, f"{architecture}: the least system is {least}"
    foreign = [name for name in libraries if not name.startswith(("/usr/lib/", "/System/Library/"))]
    assert libraries and not foreign, f"{architecture}: libraries {foreign}"
    assert pages or architecture != "arm64", "arm64: no signature"
    print(f"{architecture}: {len(data)} bytes, macOS 11.0, {pages} signed pages, {', '.join(libraries)}")


found = dict(slices(pathlib.Path(sys.argv[1]).read_bytes()))
assert sorted(found) == ["arm64", "x86_64"], f"architectures {sorted(found)}"
for architecture, data in found.items():
    check(architecture, data)
