"""Tacit's forms on the wire, written from the documents alone.

Sources: the protocol's sections 2 to 5, and the package comments of
schema/wire, anon/envelope and anon/page. This is a second implementation: it
shares no code with Tacit, so that where both agree the documents say enough,
and where they differ one of the three is wrong. Everything that does not have
the form or does not open raises FormError, which never repeats what it read.
"""

import hmac
import struct

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl import bindings as sodium
from nacl.exceptions import CryptoError

import tacit_hpke as hpke
import tacit_keys as keys
from tacit_hpke import hkdf_expand
from tacit_keys import FormError, u32

VERSION = 1
BUCKETS = (1 << 10, 4 << 10, 16 << 10, 64 << 10)
HEADER_LEN = 1 + 4 + 1 + 1 + 16 + 32 + 32
GCM_TAG = 16
KINDS = {1: "fragment", 2: "page", 3: "erase", 4: "grant", 5: "note", 6: "ask", 7: "look"}
CLASSES = {0: "normal", 1: "user-request"}
STATUSES = {1: "stored", 2: "done", 3: "notes", 4: "redate", 5: "bad-form", 6: "expired", 7: "erased", 8: "conflict"}
HINTS = {1: "queued", 2: "later", 3: "off", 4: "reseal"}
SWITCHES = {0: "held", 1: "on", 2: "off"}
LAST_SECOND = 253402300799  # of the year 9999
REPLY_LEN, REPLY_PLAIN = 256, 256 - 24 - 16
MAX_CRATE_LEN, MAX_CRATE_COUNT = 512 << 10, 4096
MAX_KEYS, SUITE_X25519, ACTIVE_DAYS = 64, 1, 30
KEY_LIST_CONTEXT = b"tacit/v1/keylist"  # stands before the list in what is signed
MAX_LATER = 24 * 60 * 60
MAX_ASKS = 1024
FRAME_ROW, FRAME_UNREAD, FRAME_END = 1, 2, 3


def seal(key, aad, plain, nonce):
    """SEAL: XChaCha20-Poly1305 with its 24-byte nonce in front."""
    return nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, aad, nonce, key)


def unseal(key, aad, sealed, what):
    """The plaintext of SEAL."""
    if len(sealed) < 24 + 16:
        raise FormError(f"{what} is too short")
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed[24:], aad, sealed[:24], key)
    except CryptoError:
        raise FormError(f"{what} does not open") from None


def named(table, number, what):
    """The name of a number that the form allows."""
    if number not in table:
        raise FormError(f"{what} is unknown")
    return table[number]


def zeros(padding, what):
    """Padding is zeros: bytes have one meaning."""
    if any(padding):
        raise FormError(f"{what} has padding that is not zero")


# Envelope (section 3).


def parse_envelope(data):
    """The outer form: all that a relay sees."""
    if len(data) - HEADER_LEN - GCM_TAG not in BUCKETS:
        raise FormError("envelope does not have the length of a bucket")
    version, key_id, part, kind, attempt, enc, commit = struct.unpack(">BIBB16s32s32s", data[:HEADER_LEN])
    if version != VERSION or part > 63:
        raise FormError("envelope has a wrong version or partition")
    named(CLASSES, kind, "class")
    return {"key_id": key_id, "partition": part, "class": kind, "attempt": attempt, "enc": enc,
            "commit": commit, "body": data[HEADER_LEN:]}


def envelope_info(outer):
    """The HPKE info, which binds the outer fields to the sealed part."""
    numbers = struct.pack(">BIBB", VERSION, outer["key_id"], outer["partition"], outer["class"])
    return b"tacit/v1" + numbers + outer["attempt"]


def envelope_secrets(outer, store_key):
    """K_body, commit and K_reply, as the holder of the store's private key derives them."""
    try:
        secret = hpke.setup_recipient(store_key, outer["enc"], envelope_info(outer))
    except ValueError:
        raise FormError("envelope has an encapsulated key of small order") from None
    return tuple(hpke.export(secret, b"tacit/v1/" + label) for label in (b"body", b"commit", b"reply"))


def open_envelope(outer, store_key):
    """The content and the reply key. The commitment is compared before anything is opened."""
    body_key, commit, reply_key = envelope_secrets(outer, store_key)
    if not hmac.compare_digest(commit, outer["commit"]):
        raise FormError("envelope does not open: another key, or changed on its way")
    return open_body(outer, body_key), body_key, reply_key


def open_body(outer, body_key):
    """The content, with the body key that the outbox keeps."""
    try:
        plain = AESGCM(body_key).decrypt(bytes(12), outer["body"], outer["commit"])
    except InvalidTag:
        raise FormError("envelope does not open") from None
    kind, batch, length = struct.unpack(">B16sI", plain[:21])
    if length > len(plain) - 21:
        raise FormError("envelope has a payload that is longer than itself")
    zeros(plain[21 + length :], "envelope")
    named(KINDS, kind, "kind")
    return {"kind": kind, "batch": batch, "payload": plain[21 : 21 + length]}


def seal_body(body_key, commit, content):
    """The body as a sender makes it: padded to the smallest bucket that holds the content."""
    plain = struct.pack(">B16sI", content["kind"], content["batch"], len(content["payload"])) + content["payload"]
    bucket = min(b for b in BUCKETS if b >= len(plain))
    return AESGCM(body_key).encrypt(bytes(12), plain.ljust(bucket, b"\0"), commit)


# Reply (section 4).


def open_reply(reply_key, attempt, data):
    """The store's answer to one attempt."""
    if len(data) != REPLY_LEN:
        raise FormError("reply is not 256 bytes")
    plain = unseal(reply_key, attempt, data, "reply")
    status, day, batch, length = struct.unpack(">BI16sH", plain[:23])
    if length > len(plain) - 23:
        raise FormError("reply has data that is longer than itself")
    zeros(plain[23 + length :], "reply")
    named(STATUSES, status, "status")
    return {"status": status, "day": day, "batch": batch, "data": plain[23 : 23 + length]}


def seal_reply(reply_key, attempt, reply, nonce):
    """A reply as a store makes it. The nonce is random, 24 bytes."""
    plain = struct.pack(">BI16sH", reply["status"], reply["day"], reply["batch"], len(reply["data"])) + reply["data"]
    if len(plain) > REPLY_PLAIN:
        raise FormError("reply has too much data")
    return seal(reply_key, attempt, plain.ljust(REPLY_PLAIN, b"\0"), nonce)


def parse_replies(data):
    """Replies as they travel between store and edge: attempt and reply, once or more."""
    size = 16 + REPLY_LEN
    if not data or len(data) % size:
        raise FormError("replies do not have the length of one or more")
    return [(data[i : i + 16], data[i + 16 : i + size]) for i in range(0, len(data), size)]


# Page (section 2) and its row in the store (section 5).


PAGE_SIZES = [size - 21 for size in (4 << 10, 16 << 10, 64 << 10)]  # pages fill an envelope
PAGE_OUTER = 16 + 4 + 16 + 28
VERSION_LEN = 24


def parse_page(data):
    """The outer form of a sealed page: all that a store sees."""
    if len(data) not in PAGE_SIZES:
        raise FormError("page has not the length of one")
    tag, day, witness = struct.unpack(">16sI16s", data[:36])
    build = data[36:PAGE_OUTER]
    parse_build(build)
    return {"tag": tag, "day": day, "witness": witness, "build": build, "sealed": data[PAGE_OUTER:]}


def parse_build(data):
    """What made a page: u32 registry release, and the agent's version, padded with zeros."""
    version = data[4:].rstrip(b"\0")
    if len(data) != 4 + VERSION_LEN or any(not 0x20 < c < 0x7F for c in version):
        raise FormError("page has no build")
    return int.from_bytes(data[:4], "big"), version.decode("ascii")


def page_outer(page):
    """What stands outside a page's seal."""
    return page["tag"] + u32(page["day"]) + page["witness"] + page["build"]


def page_aad(page):
    """What a page binds: "page" and its outer part."""
    return b"page" + page_outer(page)


def open_page(page, day_key, n):
    """The plain bytes of the n-th page of the day whose key is given."""
    if not hmac.compare_digest(keys.tag(day_key, n), page["tag"]):
        raise FormError("page has another tag")
    padded = unseal(keys.page_key(day_key, n), page_aad(page), page["sealed"], "page")
    length = int.from_bytes(padded[:4], "big")
    if length > len(padded) - 4 or padded[4 + length :].strip(b"\0"):
        raise FormError("page has a wrong padding")
    return padded[4 : 4 + length]


def seal_page(root_key, day, n, build, plain, nonce):
    """A page as a host seals it: padded to the first size that holds it."""
    day_key = keys.day_key(root_key, day)
    page = {"tag": keys.tag(day_key, n), "day": day, "build": build,
            "witness": keys.witness(keys.erase_right(root_key, day, n))}
    overhead = PAGE_OUTER + 24 + 16
    size = next(size - overhead for size in PAGE_SIZES if len(plain) + 4 <= size - overhead)
    padded = (u32(len(plain)) + plain).ljust(size, b"\0")
    sealed = seal(keys.page_key(day_key, n), page_aad(page), padded, nonce)
    return page_outer(page) + sealed


def open_page_row(wrap_key, row_key, value):
    """The day, the witness, the build and the sealed part of the page that a store's row keeps."""
    plain = unseal(wrap_key, row_key, value, "row")
    return int.from_bytes(plain[:4], "big"), plain[4:20], plain[20:48], plain[48:]


def seal_page_row(wrap_key, row_key, page, nonce):
    """The value of a store's row that keeps a page."""
    return seal(wrap_key, row_key, u32(page["day"]) + page["witness"] + page["build"] + page["sealed"], nonce)


def parse_erasures(data):
    """The days, tags and rights of an erasure: u16 count | (u32 day | tag 16 | right 32)."""
    if len(data) < 2 or len(data) != 2 + 52 * int.from_bytes(data[:2], "big"):
        raise FormError("erasures do not have the length that they name")
    return [struct.unpack(">I16s32s", data[at : at + 52]) for at in range(2, len(data), 52)]


# Key list (section 3), crate, hint and policy (section 7).


def split_key_list(data):
    """A key list, what is signed of it, and the signature, not yet verified."""
    if len(data) < 12 + 64:
        raise FormError("key list is too short")
    signed, signature = data[:-64], data[-64:]
    version, suite, number, count = struct.unpack(">BBQH", signed[:12])
    if version != VERSION or suite != SUITE_X25519 or count > MAX_KEYS or len(signed) != 12 + 40 * count:
        raise FormError("key list does not have the form")
    entries = [struct.unpack(">II32s", signed[i : i + 40]) for i in range(12, len(signed), 40)]
    found = [{"id": i, "start": start, "public": public} for i, start, public in entries]
    return {"version": number, "suite": suite, "keys": found}, signed, signature


def parse_key_list(data, vendor):
    """A key list that the vendor's Ed25519 key has signed."""
    key_list, signed, signature = split_key_list(data)
    try:
        Ed25519PublicKey.from_public_bytes(vendor).verify(signature, KEY_LIST_CONTEXT + signed)
    except InvalidSignature:
        raise FormError("key list is not signed by the vendor") from None
    return key_list


def active_key(key_list, day):
    """The key that agents seal to on a day: the one that started last, less than 30 days ago; or None."""
    started = [key for key in key_list["keys"] if 0 <= day - key["start"] < ACTIVE_DAYS]
    return max(started, key=lambda key: key["start"], default=None)


def parse_crate(data):
    """The envelopes of a crate, not looked at."""
    if len(data) < 3 or len(data) > MAX_CRATE_LEN or data[0] != VERSION:
        raise FormError("crate does not have the form")
    count, at, out = int.from_bytes(data[1:3], "big"), 3, []
    for _ in range(count):
        length = int.from_bytes(data[at : at + 4], "big")
        out.append(data[at + 4 : at + 4 + length])
        at += 4 + length
        if at > len(data):
            raise FormError("crate is cut short")
    if at != len(data) or count > MAX_CRATE_COUNT:
        raise FormError("crate has more than it says")
    return out


def parse_hint(data):
    """A relay's plain answer to a put."""
    if len(data) != 6 or data[0] != VERSION:
        raise FormError("hint does not have the form")
    seconds = int.from_bytes(data[2:], "big")
    if seconds > MAX_LATER:
        raise FormError("hint asks to wait longer than a day")
    return {"code": data[1], "name": named(HINTS, data[1], "hint"), "seconds": seconds}


def parse_policy(data):
    """A site's decision as its relay tells it."""
    if len(data) != 25 or data[0] != VERSION:
        raise FormError("policy does not have the form")
    revision, since, decided, ceip, csp, level, release = struct.unpack(">QQBBBBI", data[1:])
    if since > LAST_SECOND or decided > 1 or level > 1:
        raise FormError("policy holds what has no meaning")
    return {
        "revision": revision,
        "since": since,
        "decided": decided == 1,
        "ceip": named(SWITCHES, ceip, "switch"),
        "csp": named(SWITCHES, csp, "switch"),
        "level": ("standard", "enhanced")[level],
        "release": release,
    }


# The question for pages and its answer (package comment of store/pages).


def parse_question(data):
    """The days and tags of the pages that are asked for."""
    count = int.from_bytes(data[1:3], "big")
    if data[:1] != bytes([VERSION]) or count > MAX_ASKS or len(data) != 3 + 20 * count:
        raise FormError("question does not have the form")
    return [struct.unpack(">I16s", data[i : i + 20]) for i in range(3, len(data), 20)]


def parse_answer(data):
    """The frames of an answer before its end: kind, value and bytes."""
    frames, at = [], 0
    while len(data) - at >= 9:
        kind, value, length = struct.unpack(">BII", data[at : at + 9])
        at += 9 + length
        if kind == FRAME_END:
            if value != len(frames) or length or at != len(data):
                raise FormError("answer ends otherwise than it says")
            return frames
        frames.append((kind, value, data[at - length : at]))
    raise FormError("answer is cut off")


# Questions of engineers over NATS and their answers (package comment of store/remote).

LOOK_CONTEXT = b"tacit/v1/look"
LOOK_BODIES = {1: "begin", 2: "grant", 3: "note", 4: "pages", 5: "population", 6: "end"}
LOOK_SIZES = [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 768 << 10]


def parse_look(data, nonce, engineer_key):
    """A question that the engineer's Ed25519 key has signed, with its envelope's batch ID."""
    signed, signature = data[:-64], data[-64:]
    if len(signed) < 23:
        raise FormError("question is too short")
    form, what, word, number, length = struct.unpack(">BB16sIB", signed[:23])
    if form != VERSION or not 0 < length <= min(40, len(signed) - 23):
        raise FormError("question does not have the form")
    named(LOOK_BODIES, what, "question")
    try:
        Ed25519PublicKey.from_public_bytes(engineer_key).verify(signature, LOOK_CONTEXT + nonce + signed)
    except InvalidSignature:
        raise FormError("question is not signed by the engineer") from None
    return {"what": what, "word": word, "number": number, "engineer": signed[23 : 23 + length].decode(), "body": signed[23 + length :]}


def look_answer_key(reply_key):
    """The key of the answer, from the reply key of the question's envelope."""
    return hkdf_expand(reply_key, LOOK_CONTEXT, 32)


def open_look_answer(reply_key, data):
    """The status and the data of an answer."""
    plain = unseal(look_answer_key(reply_key), b"", data, "answer")
    if len(plain) not in LOOK_SIZES:
        raise FormError("answer has a size of its own")
    status, length = struct.unpack(">BI", plain[:5])
    if length > len(plain) - 5:
        raise FormError("answer has data that is longer than itself")
    zeros(plain[5 + length :], "answer")
    return status, plain[5 : 5 + length]


def seal_look_answer(reply_key, status, data, nonce):
    """An answer as a store makes it."""
    plain = struct.pack(">BI", status, len(data)) + data
    size = next(size for size in LOOK_SIZES if len(plain) <= size)
    return seal(look_answer_key(reply_key), b"", plain.ljust(size, b"\0"), nonce)


# Grants and notes (section 6).

GRANT_PLAIN = 2 + 31 * 36 + 2 * 52
NOTE_PLAIN, TICKET_LEN = 28, 24


def parse_grant(data):
    """A grant's outer form, or that of an order to revoke one: then nothing is sealed."""
    if len(data) not in (20, 20 + 24 + GRANT_PLAIN + 16):
        raise FormError("grant does not have its length")
    return {"tag": data[:16], "expiry": int.from_bytes(data[16:20], "big"), "sealed": data[20:]}


def open_grant(grant, number):
    """Day keys and mailboxes: [(d, D)], [(d, mb, mk)]."""
    outer = grant["tag"] + u32(grant["expiry"])
    plain = unseal(keys.grant_key(keys.grant_root(number)), b"grant" + outer, grant["sealed"], "grant")
    days, boxes, rest = plain[0], plain[1], plain[2:]
    if len(plain) != GRANT_PLAIN or not 1 <= days <= 31 or not 1 <= boxes <= 2:
        raise FormError("grant holds something else")
    opened = [(int.from_bytes(rest[i : i + 4], "big"), rest[i + 4 : i + 36]) for i in range(0, 36 * days, 36)]
    rest = rest[36 * days :]
    mail = [(int.from_bytes(rest[i : i + 4], "big"), rest[i + 4 : i + 20], rest[i + 20 : i + 52]) for i in range(0, 52 * boxes, 52)]
    zeros(rest[52 * boxes :], "grant")
    return opened, mail


def seal_grant(root, number, days, boxes, expiry, nonce):
    """A grant as a host makes it. The nonce is random, 24 bytes."""
    plain = bytes([len(days), len(boxes)])
    plain += b"".join(u32(d) + keys.day_key(root, d) for d in days)
    plain += b"".join(u32(d) + keys.mailbox_tag(root, d) + keys.mailbox_key(root, d) for d in boxes)
    grant = keys.grant_root(number)
    outer = keys.grant_tag(grant) + u32(expiry)
    return outer + seal(keys.grant_key(grant), b"grant" + outer, plain.ljust(GRANT_PLAIN, b"\0"), nonce)


def parse_note(data):
    """A note's outer form: all that a store sees."""
    if len(data) != 20 + 24 + NOTE_PLAIN + 16:
        raise FormError("note does not have its length")
    return {"box": data[:16], "day": int.from_bytes(data[16:20], "big"), "sealed": data[20:]}


def open_note(note, key):
    """Minute, ticket, and whether it was opened by code."""
    minute, by, length, ticket = struct.unpack(f">HBB{TICKET_LEN}s", unseal(key, note["box"], note["sealed"], "note"))
    if minute >= 1440 or by not in (1, 2) or length > TICKET_LEN:
        raise FormError("note holds something else")
    zeros(ticket[length:], "note")
    return minute, ticket[:length].decode("ascii"), by == 2


def seal_note(root, day, minute, ticket, by_code, nonce):
    """A note as a desk makes it. The nonce is random, 24 bytes."""
    box = keys.mailbox_tag(root, day)
    plain = struct.pack(f">HBB{TICKET_LEN}s", minute, 2 if by_code else 1, len(ticket), ticket.encode("ascii"))
    return box + u32(day) + seal(keys.mailbox_key(root, day), box, plain, nonce)


def parse_inquiry(data):
    """Box, day and how many notes to skip."""
    if len(data) != 22:
        raise FormError("question for notes does not have its length")
    return struct.unpack(">16sIH", data)


def parse_notes(data):
    """How many notes there are, and some of them, sealed."""
    length = 24 + NOTE_PLAIN + 16
    if len(data) < 2 or (len(data) - 2) % length:
        raise FormError("notes do not have their length")
    return int.from_bytes(data[:2], "big"), [data[i : i + length] for i in range(2, len(data), length)]
