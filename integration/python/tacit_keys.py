"""Tacit's derivations and the spoken ID, written from the documents alone.

Sources: the protocol's sections 1, 2 and 5, and the package comments of
anon/page and anon/identity. All numbers are big-endian; d is a UTC day counted
from 1970-01-01; n is the number of a page on its day, from 0.
"""

import hashlib
import hmac
import re

from tacit_hpke import hkdf_expand, hkdf_extract


class FormError(ValueError):
    """What was given does not have the form, or does not open."""


def u32(number):
    """A number as four bytes, big-endian."""
    if not 0 <= number < 1 << 32:
        raise FormError("number does not fit four bytes")
    return number.to_bytes(4, "big")


def X(key, label):
    """X(k, label) = HKDF-Expand-SHA256(k, "tacit/v1/" + label, 32)."""
    return hkdf_expand(key, b"tacit/v1/" + label, 32)


def M(key, message):
    """HMAC-SHA256."""
    return hmac.new(key, message, hashlib.sha256).digest()


def H(message):
    """SHA-256."""
    return hashlib.sha256(message).digest()


# What the installation ID gives (section 2).


def root(installation):
    """The root of all keys, from the sixteen raw bytes of the installation ID."""
    return hkdf_extract(b"tacit/v1", installation)


def day_key(root_key, d):
    """D(d): opens one day, and gives no other day and no right to erase."""
    return X(root_key, b"day" + u32(d))


def tag(day, n):
    """tag(d, n): what a store files a page under."""
    return M(X(day, b"tag"), u32(n))[:16]


def page_key(day, n):
    """PK(d, n): seals one page."""
    return X(X(day, b"page"), b"n" + u32(n))


def erase_right(root_key, d, n):
    """e(d, n): the right to erase one page."""
    return M(X(root_key, b"erase"), u32(d) + u32(n))


def witness(right):
    """w(d, n): the public half of an erase right."""
    return H(b"tacit/v1/w" + right)[:16]


def mailbox_tag(root_key, d):
    """mb(d): where notes for the installation lie."""
    return M(X(root_key, b"mail"), u32(d))[:16]


def mailbox_key(root_key, d):
    """mk(d): seals the notes of a day."""
    return X(root_key, b"mailkey" + u32(d))


# What a store keeps for each month (section 5).


def next_month(secret):
    """S(m+1) from S(m)."""
    return X(secret, b"next")


def index_key(secret):
    """IX(m): turns tags into row keys."""
    return X(secret, b"index")


def wrap_key(secret):
    """WR(m): seals page rows."""
    return X(secret, b"wrap")


def dedupe_key(secret):
    """DD(m): hashes the payloads of batches."""
    return X(secret, b"dedupe")


def known(dedupe, payload):
    """What the row of a batch keeps of its payload."""
    return M(dedupe, payload)[:16]


def page_row_key(index, page_tag, batch):
    """The key of the row that holds one page: M(IX, tag)[:16] | batch ID."""
    return M(index, page_tag)[:16] + batch


def partition(identifier):
    """The partition that a tag or a batch ID belongs to: its first byte & 63."""
    return identifier[0] & 63


# The spoken ID: Crockford base32 of the 128-bit number, and one check character.

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECKS = ALPHABET + "*~$=U"
READ_AS = str.maketrans("OIL", "011")


def spoken(installation):
    """The ID as people read it out: XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXC."""
    number = int.from_bytes(installation, "big")
    text = "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
    text += CHECKS[number % 37]
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def parse_spoken(text):
    """The sixteen bytes of a spoken ID. Case, hyphens and spaces do not matter; O, I, L are 0, 1, 1."""
    text = re.sub(r"[-\s]", "", text).upper().translate(READ_AS)
    if len(text) != 27:
        raise FormError("spoken ID does not have 26 characters and a check character")
    if any(c not in ALPHABET for c in text[:26]) or text[26] not in CHECKS:
        raise FormError("spoken ID has a character that is not of its alphabet")
    number = 0
    for c in text[:26]:
        number = number << 5 | ALPHABET.index(c)
    if number >> 128:
        raise FormError("spoken ID does not begin with 0 to 7")
    if CHECKS[number % 37] != text[26]:
        raise FormError("spoken ID has a wrong check character")
    return version_4(number.to_bytes(16, "big"))


def version_4(installation):
    """An installation ID is a random UUID: version 4, RFC 9562's variant."""
    if installation[6] >> 4 != 4 or installation[8] >> 6 != 2:
        raise FormError("not a random (version 4) UUID")
    return installation


def parse_id(text):
    """The sixteen bytes of an installation ID: spoken, or a UUID with or without hyphens, braces, urn:uuid:."""
    bare = re.sub(r"[-\s{}]", "", text.lower()).removeprefix("urn:uuid:")
    if re.fullmatch(r"[0-9a-f]{32}", bare):
        return version_4(bytes.fromhex(bare))
    return parse_spoken(text)


# Support codes (section 6): 95 random bits, nineteen characters and a check character of another alphabet.

CODE_CHECK_SHIFT = 19


def spoken_code(number):
    """A code as people read it out: four groups of five."""
    if not 0 <= number < 1 << 95:
        raise FormError("a code has 95 bits")
    text = "".join(ALPHABET[number >> shift & 31] for shift in range(90, -1, -5))
    text += CHECKS[(number % 37 + CODE_CHECK_SHIFT) % 37]
    return "-".join(text[i : i + 5] for i in range(0, 20, 5))


def parse_code(text):
    """The number of a code that was read out."""
    text = re.sub(r"[-\s]", "", text).upper().translate(READ_AS)
    if len(text) != 20 or any(c not in ALPHABET for c in text[:19]):
        raise FormError("not a support code")
    number = 0
    for c in text[:19]:
        number = number << 5 | ALPHABET.index(c)
    if CHECKS[(number % 37 + CODE_CHECK_SHIFT) % 37] != text[19]:
        raise FormError("support code has a wrong check character")
    return number


def grant_root(number):
    """g: what tag and key of the code's grant come from."""
    return hkdf_extract(b"tacit/v1/grant", number.to_bytes(12, "big"))


def grant_tag(grant):
    """gt: what a store files the grant under."""
    return X(grant, b"tag")[:16]


def grant_key(grant):
    """gk: seals the grant."""
    return X(grant, b"seal")
