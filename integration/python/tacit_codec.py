"""The plain bytes of fragments and pages (package comment of schema/codec), as dicts.

Strict: exactly the types, lengths and bounds that the document names, CBOR in
core deterministic encoding (RFC 8949, 4.2.1), one zstd frame (RFC 8878).
"""

import cbor2
import zstandard

from tacit_keys import FormError

MAX_RECORDS, MAX_TEXTS, MAX_LABELS, MAX_TEXT_LEN = 4096, 8192, 8, 4096
MAX_PLAIN = 1 << 20
SMALL_FRAME = 255  # bytes of content that a frame need not announce
MAX_ROOM = MAX_PLAIN // 16 * 13  # bytes of memory that a page may be made into
TEXT_ROOM, RECORD_ROOM, LABEL_ROOM = 16, 120, 32
MAX_COUNT = 1_000_000
MAX_FACETS, MAX_MEASURES, MAX_BUCKETS = 3, 512, 64
MAX_FRAGMENT, SHORT_FRAGMENT = 1 << 18, 256
KIND_NUMBER, KIND_TEXT = 1, 2
FIRSTS = ("today", "week", "month", "ever")  # bits 0 to 3


def decode_cbor(data):
    """One CBOR item that is encoded in the one way that core deterministic encoding allows."""
    try:
        item = cbor2.loads(data)
        again = cbor2.dumps(item, canonical=True)
    except Exception as error:  # cbor2 raises whatever its parts raise
        raise FormError(f"not CBOR: {type(error).__name__}") from None
    if again != data:
        raise FormError("CBOR is not in core deterministic encoding")
    return item


def announced(data, most):
    """How many bytes a zstd frame says that it holds, or at most holds."""
    try:
        if data[:4] != zstandard.FRAME_HEADER:
            raise FormError("not a zstd frame")
        header = zstandard.get_frame_parameters(data)
    except zstandard.ZstdError:
        raise FormError("not a zstd frame") from None
    if header.dict_id:
        raise FormError("zstd frame uses a dictionary")
    # An announced 0 and nothing announced look the same here, and both are small.
    small = header.content_size in (0, zstandard.CONTENTSIZE_UNKNOWN)
    size = SMALL_FRAME if small else header.content_size
    if size > most:
        raise FormError("zstd frame holds more than a page or a fragment may")
    return size


def decompress(data, most=MAX_PLAIN):
    """The content of one zstd frame with nothing behind it, of at most `most` bytes."""
    most = announced(data, most)
    frame, plain = zstandard.ZstdDecompressor().decompressobj(), b""
    try:
        # Small pieces bound what hostile bytes can inflate to before the limit is seen.
        for i in range(0, len(data), 64):
            if frame.eof:
                raise FormError("bytes follow the zstd frame")
            plain += frame.decompress(data[i : i + 64])
            if len(plain) > most:
                raise FormError("zstd frame holds more than it announces")
    except zstandard.ZstdError:
        raise FormError("not a zstd frame") from None
    if not frame.eof or frame.unused_data:
        raise FormError("not exactly one zstd frame")
    return plain


def integer(value, low, high, what):
    """A whole number within its bounds."""
    if type(value) is not int or not low <= value <= high:
        raise FormError(f"{what} is not a number within its bounds")
    return value


def int64(value, what):
    return integer(value, -(1 << 63), (1 << 63) - 1, what)


def uint32(value, what):
    return integer(value, 0, (1 << 32) - 1, what)


def uint64(value, what):
    return integer(value, 0, (1 << 64) - 1, what)


def text(value, what):
    """A text of at most MAX_TEXT_LEN bytes."""
    if type(value) is not str or len(value.encode()) > MAX_TEXT_LEN:
        raise FormError(f"{what} is not a text within its bounds")
    return value


def array(value, length, what):
    """An array: of exactly `length` entries, or with at most length.stop - 1 for a range."""
    fits = type(value) is list and (len(value) in length if isinstance(length, range) else len(value) == length)
    if not fits:
        raise FormError(f"{what} is not an array within its bounds")
    return value


def identifier(value, what):
    """Sixteen bytes, in hexadecimal."""
    if type(value) is not bytes or len(value) != 16:
        raise FormError(f"{what} is not sixteen bytes")
    return value.hex()


def pairs(value, most, what):
    """Names with values, in their order."""
    out = []
    for pair in array(value, range(most + 1), what):
        name, content = array(pair, 2, what)
        out.append([text(name, what), text(content, what)])
    return out


def decode_fragment(data):
    """A fragment: one host's contribution to one facet tuple on one day. Form 2 is compressed."""
    packed = data[:4] == zstandard.FRAME_HEADER
    plain = decompress(data, MAX_FRAGMENT) if packed else data
    if len(plain) > MAX_FRAGMENT or packed and len(plain) <= SHORT_FRAGMENT:
        raise FormError("fragment is too long, or too short to be compressed")
    form, day, release, facets, first, values = array(decode_cbor(plain), 6, "fragment")
    if form != (2 if packed else 1) or type(form) is not int:
        raise FormError("fragment has an unknown form")
    bits = integer(first, 0, 15, "first bits")
    return {
        "day": uint32(day, "event day"),
        "release": uint32(release, "release"),
        "facets": pairs(facets, MAX_FACETS, "facets"),
        "first": [name for i, name in enumerate(FIRSTS) if bits >> i & 1],
        "values": [measure(m) for m in array(values, range(MAX_MEASURES + 1), "values")],
    }


def measure(value):
    """What one metric adds, with one set of labels."""
    metric, labels, count, total, buckets = array(value, 5, "measure")
    return {
        "metric": text(metric, "metric"),
        "labels": pairs(labels, MAX_LABELS, "labels"),
        "count": uint64(count, "count"),
        "sum": int64(total, "sum"),
        "buckets": [uint64(b, "bucket") for b in array(buckets, range(MAX_BUCKETS + 1), "buckets")],
    }


def decode_page(data):
    """A page: the detailed record that support may open, from its compressed bytes."""
    parts = array(decode_cbor(decompress(data)), range(10, 12), "page")
    form, batch, writer, release, policy, texts, series, which, times, values = parts[:10]
    if type(form) is not int or (form, len(parts)) not in ((1, 10), (2, 11)):
        raise FormError("page has an unknown form")
    room(texts, series, which)
    texts = [text(t, "text") for t in array(texts, range(MAX_TEXTS + 1), "texts")]
    series = [decode_series(s, texts) for s in array(series, range(MAX_RECORDS + 1), "series")]
    which = array(which, range(MAX_RECORDS + 1), "series column")
    array(times, len(which), "time column")
    array(values, len(which), "value column")
    counts = [1] * len(which) if form == 1 else several(array(parts[10], len(which), "count column"))
    return {
        "batch": identifier(batch, "batch ID"),
        "writer": identifier(writer, "writer"),
        "release": uint32(release, "release"),
        "policy": uint64(policy, "policy revision"),
        "records": records(texts, series, which, times, values, counts),
    }


def room(texts, series, which):
    """A page is made into no more than MAX_ROOM bytes of memory."""
    texts, series = array(texts, range(MAX_TEXTS + 1), "texts"), array(series, range(MAX_RECORDS + 1), "series")
    taken = sum(len(cbor2.dumps(t)) + TEXT_ROOM for t in texts)
    taken += RECORD_ROOM * (len(series) + len(array(which, range(MAX_RECORDS + 1), "series column")))
    taken += sum(len(array(array(s, 5, "series")[4], range(2 * MAX_LABELS + 1), "labels")) // 2 * LABEL_ROOM for s in series)
    if taken > MAX_ROOM:
        raise FormError("page is made into too much")


def several(counts):
    """The counts of form 2, of which one is more than one."""
    counts = [integer(n, 1, MAX_COUNT, "count") for n in counts]
    if all(n == 1 for n in counts):
        raise FormError("page without counts has form 2")
    return counts


def lookup(table, index, what):
    """The entry of a table that an index names."""
    return table[integer(index, 0, len(table) - 1, what)]


def decode_series(value, texts):
    """One series: what records of one product, metric and set of labels share."""
    product, version, metric, kind, labels = array(value, 5, "series")
    names = [lookup(texts, i, "label") for i in array(labels, range(0, 2 * MAX_LABELS + 1, 2), "labels")]
    if integer(kind, 1, 2, "kind") not in (KIND_NUMBER, KIND_TEXT):
        raise FormError("series has an unknown kind")
    return kind, {
        "product": lookup(texts, product, "product"),
        "version": lookup(texts, version, "version"),
        "metric": lookup(texts, metric, "metric"),
        "labels": [list(pair) for pair in zip(names[::2], names[1::2])],
    }


def records(texts, series, which, times, values, counts):
    """The columns as records. The first time is whole, every other a difference. A count of one is left out."""
    out, now = [], 0
    for index, step, value, count in zip(which, times, values, counts):
        kind, shared = lookup(series, index, "series")
        now = int64(now + int64(step, "time"), "time")
        value = int64(value, "value") if kind == KIND_NUMBER else lookup(texts, value, "value")
        out.append({"time": now, **shared, "value": value} | ({"count": count} if count > 1 else {}))
    return out
