"""Seals what fills a store: pages and fragments of made-up installations, on days of a caller's choice.

Stands on the second implementation in integration/python. Reads one JSON
object and writes an envelope a line, in hexadecimal:

    keys           the store's signed key list, as relays hand it out
    today          the day that is sealed on
    installations  sixteen bytes each
    days           days that pages and fragments belong to
    pages          pages of each installation on each day
    fragments      fragments of each day
    junk           envelopes that do not open

Byte strings are in hexadecimal, days are counted from 1970-01-01.
"""

import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "python"))

import cbor2
import zstandard

import tacit_forms as forms
import tacit_hpke as hpke
import tacit_keys as keys

FRAGMENT, PAGE = 1, 2
RELEASE = 1
VERSION = b"0.1.0"
FIRST_VALUE = 2_000_000_000


def envelope(key, kind, batch, partition, payload):
    """One envelope of the class normal, as a host makes it."""
    outer = {"key_id": key["id"], "partition": partition, "class": 0, "attempt": os.urandom(16)}
    outer["enc"], secret = hpke.setup_sender(os.urandom(32), key["public"], forms.envelope_info(outer))
    body_key, commit = (hpke.export(secret, b"tacit/v1/" + label) for label in (b"body", b"commit"))
    body = forms.seal_body(body_key, commit, {"kind": kind, "batch": batch, "payload": payload})
    head = struct.pack(">BIBB16s32s32s", 1, outer["key_id"], partition, 0, outer["attempt"], outer["enc"], commit)
    return head + body


def page(key, installation, day, n, value):
    """A page with one timed operation."""
    texts = ["tacit", "0.1.0", "tacit.operation.duration", "operation", "spool"]
    batch = os.urandom(16)
    plain = cbor2.dumps([1, batch, installation, RELEASE, 0, texts, [[0, 1, 2, 1, [3, 4]]], [0], [day * 86400 + n], [value]], canonical=True)
    compressed = zstandard.ZstdCompressor().compress(plain)
    build = RELEASE.to_bytes(4, "big") + VERSION.ljust(24, b"\0")
    sealed = forms.seal_page(keys.root(installation), day, n, build, compressed, os.urandom(24))
    return envelope(key, PAGE, batch, keys.partition(sealed), sealed)


def fragment(key, day, i):
    """A host that used a command once, under a version of its own now and then."""
    batch = os.urandom(16)
    plain = cbor2.dumps([1, day, RELEASE, [["service.version", f"0.{i // 2}.0"], ["os.type", "linux"]], 1,
                         [["tacit.command.used", [["command", "up"]], 1, 1, []]]], canonical=True)
    return envelope(key, FRAGMENT, batch, keys.partition(batch), plain)


def junk(key):
    """An envelope whose commitment is another's."""
    e = bytearray(fragment(key, 0, 0))
    e[forms.HEADER_LEN - 1] ^= 1
    return bytes(e)


def main():
    order = json.load(sys.stdin)
    key_list, _, _ = forms.split_key_list(bytes.fromhex(order["keys"]))
    key = forms.active_key(key_list, order["today"])
    value = FIRST_VALUE
    for installation in map(bytes.fromhex, order["installations"] or []):
        for day in order["days"]:
            for n in range(order["pages"]):
                print(page(key, installation, day, n, value).hex())
                value += 1
    for day in order["days"]:
        for i in range(order["fragments"]):
            print(fragment(key, day, i).hex())
    for _ in range(order["junk"]):
        print(junk(key).hex())


main()
