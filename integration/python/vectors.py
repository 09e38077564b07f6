#!/usr/bin/python3
"""Checks Tacit's frozen vectors with this second implementation.

  vectors.py [DIR]    the vectors in DIR (default: ../vectors)
  vectors.py --self   this implementation against the standards' own vectors

Prints how many vectors were checked. At the first difference it prints `error:`
with file, number of the vector and field, and exits 1. A field that no check
looks at is a difference too.
"""

import json
import pathlib
import sys

sys.dont_write_bytecode = True

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import known_answers
import tacit_codec as codec
import tacit_forms as forms
import tacit_keys as keys


class Difference(Exception):
    """A frozen value and what the documents give are not the same."""


class Vector:
    """One frozen vector. It knows which of its fields have been looked at."""

    def __init__(self, where, fields):
        self.where, self.fields, self.seen = where, fields, set()

    def __getitem__(self, field):
        if field not in self.fields:
            raise Difference(f"{self.where}: has no field {field!r}")
        self.seen.add(field)
        return self.fields[field]

    def octets(self, field):
        return bytes.fromhex(self[field])

    def want(self, field, got):
        """The field has to be what was computed. Bytes stand in hexadecimal."""
        frozen = self[field]
        got = got.hex() if isinstance(got, bytes) else got
        if frozen != got:
            raise Difference(f"{self.where}, field {field!r}: frozen {short(frozen)}, from the documents {short(got)}")

    def check(self, what, holds):
        """Something has to hold of the vector as a whole."""
        if not holds:
            raise Difference(f"{self.where}: {what}")

    def done(self):
        """Every field has been looked at."""
        for field in self.fields.keys() - self.seen:
            raise Difference(f"{self.where}, field {field!r}: nothing checks it")


def short(value):
    """A value for a message: its beginning."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "…"


def parses(text):
    """The ID that a text is read as, or None."""
    try:
        return keys.parse_id(text)
    except forms.FormError:
        return None


def identity(v):
    installation = bytes.fromhex(v["uuid"].replace("-", ""))
    v.want("spoken", keys.spoken(installation))
    for text in [v["spoken"], *v["accepts"]]:
        v.check(f"{text!r} is not read as the ID", parses(text) == installation)
    for text in v["refuses"]:
        v.check(f"{text!r} is read as an ID", parses(text) is None)


def page_names(v):
    """Tag and witness of a page, which both of the next two files freeze."""
    root = keys.root(v.octets("id"))
    tag = keys.tag(keys.day_key(root, v["day"]), v["n"])
    right = keys.erase_right(root, v["day"], v["n"])
    v.want("tag", tag)
    v.want("witness", keys.witness(right))
    return tag, right


def page_keys(v):
    tag, right = page_names(v)
    v.want("erase_right", right)
    v.want("partition", keys.partition(tag))


def derived(v):
    root = keys.root(v.octets("id"))
    day = keys.day_key(root, v["day"])
    v.want("root", root)
    v.want("day_key", day)
    v.want("page_key", keys.page_key(day, v["n"]))
    v.want("mailbox_tag", keys.mailbox_tag(root, v["day"]))
    v.want("mailbox_key", keys.mailbox_key(root, v["day"]))


def page(v):
    tag, _ = page_names(v)
    parsed = forms.parse_page(v.octets("bytes"))
    v.want("tag", parsed["tag"])
    v.want("witness", parsed["witness"])
    v.want("day", parsed["day"])
    root = keys.root(v.octets("id"))
    v.want("plain", forms.open_page(parsed, keys.day_key(root, v["day"]), v["n"]))
    codec.decode_page(v.octets("plain"))
    nonce = parsed["sealed"][:24]
    v.want("release", forms.parse_build(parsed["build"])[0])
    v.want("version", forms.parse_build(parsed["build"])[1])
    v.want("bytes", forms.seal_page(root, v["day"], v["n"], parsed["build"], v.octets("plain"), nonce))


def erasure(v):
    parsed = forms.parse_erasures(v.octets("bytes"))
    root = keys.root(v.octets("id"))
    v.want("numbers", [n for day, tag, right in parsed for n in range(9)
                       if (tag, right) == (keys.tag(keys.day_key(root, day), n), keys.erase_right(root, day, n))])
    v.want("days", [day for day, _, _ in parsed])


def grant(v):
    number = keys.parse_code(v["code"])
    v.want("code", keys.spoken_code(number))
    parsed, root = forms.parse_grant(v.octets("bytes")), keys.root(v.octets("id"))
    v.want("tag", keys.grant_tag(keys.grant_root(number)))
    v.check("lies under another tag", parsed["tag"] == v.octets("tag"))
    v.want("expiry", parsed["expiry"])
    days, boxes = forms.open_grant(parsed, number)
    v.want("days", [d for d, _ in days])
    v.want("boxes", [d for d, _, _ in boxes])
    v.check("opens other days than the ID does", all(key == keys.day_key(root, d) for d, key in days))
    v.check("gives other mailboxes", all(
        (tag, key) == (keys.mailbox_tag(root, d), keys.mailbox_key(root, d)) for d, tag, key in boxes))
    v.check("opens days that are neither up to its last nor in order", v["days"] == list(range(v["days"][0], v["expiry"] + 1)))
    v.check("has a mailbox of a day on which it does not live", v["boxes"] == list(range(v["today"], v["expiry"] + 1)))
    v.want("bytes", forms.seal_grant(root, number, v["days"], v["boxes"], v["expiry"], parsed["sealed"][:24]))
    v.want("revocation", parsed["tag"] + keys.u32(parsed["expiry"]))
    v.check("its revocation is none", forms.parse_grant(v.octets("revocation"))["sealed"] == b"")


def note(v):
    parsed, root = forms.parse_note(v.octets("bytes")), keys.root(v.octets("id"))
    v.want("day", parsed["day"])
    v.check("lies in another mailbox", parsed["box"] == keys.mailbox_tag(root, v["day"]))
    minute, ticket, by_code = forms.open_note(parsed, keys.mailbox_key(root, v["day"]))
    v.want("minute", minute)
    v.want("ticket", ticket)
    v.want("by_code", by_code)
    v.want("bytes", forms.seal_note(root, v["day"], minute, ticket, by_code, parsed["sealed"][:24]))
    v.check("is asked for otherwise", forms.parse_inquiry(v.octets("inquiry")) == (parsed["box"], v["day"], minute))
    v.check("is answered otherwise", forms.parse_notes(v.octets("answer")) == (minute, [parsed["sealed"]]))


def fragment(v):
    v.want("content", codec.decode_fragment(v.octets("bytes")))


def fragment2(v):
    v.want("content", codec.decode_fragment(v.octets("packed")))
    v.want("plain", codec.decompress(v.octets("packed")))


def packed(v):
    content = codec.decode_page(v.octets("packed"))
    for record in content["records"]:
        value = record.pop("value")
        record["text" if isinstance(value, str) else "number"] = value
    v.want("content", content)
    v.want("plain", codec.decompress(v.octets("packed")))


def envelope(v):
    outer = forms.parse_envelope(v.octets("bytes"))
    v.check("has no name", v["name"])
    for field in ("key_id", "partition", "class", "attempt"):
        v.want(field, outer[field])
    content, body_key, reply_key = forms.open_envelope(outer, v.octets("store_key"))
    v.want("body_key", body_key)
    v.want("reply_key", reply_key)
    v.want("kind", forms.KINDS[content["kind"]])
    v.want("batch", content["batch"])
    v.want("payload_hash", keys.H(content["payload"]))
    v.check("opens otherwise with the body key", forms.open_body(outer, v.octets("body_key")) == content)
    v.check("was not padded to the smallest bucket",
            forms.seal_body(body_key, outer["commit"], content) == outer["body"])
    inside = content["payload"] if v["kind"] == "page" else content["batch"]
    v.want("partition", keys.partition(inside))
    if v["kind"] == "fragment":
        codec.decode_fragment(content["payload"])


def reply(v):
    key, attempt, data = v.octets("reply_key"), v.octets("attempt"), v.octets("bytes")
    opened = forms.open_reply(key, attempt, data)
    v.want("code", opened["status"])
    v.want("status", forms.STATUSES[opened["status"]])
    v.want("day", opened["day"])
    v.want("batch", opened["batch"])
    v.want("data", opened["data"])
    v.want("bytes", forms.seal_reply(key, attempt, opened, data[:24]))


def key_list(v):
    parsed = forms.parse_key_list(v.octets("bytes"), v.octets("vendor"))
    v.want("version", parsed["version"])
    v.want("suite", parsed["suite"])
    v.want("keys", [key | {"public": key["public"].hex()} for key in parsed["keys"]])
    active = {day: forms.active_key(parsed, int(day)) for day in v["active"]}
    v.want("active", {day: key["id"] if key else -1 for day, key in active.items()})


def crate(v):
    v.want("envelopes", [e.hex() for e in forms.parse_crate(v.octets("bytes"))])


def hint(v):
    parsed = forms.parse_hint(v.octets("bytes"))
    for field in ("name", "code", "seconds"):
        v.want(field, parsed[field])


def policy(v):
    parsed = forms.parse_policy(v.octets("bytes"))
    for field in ("revision", "since", "decided", "ceip", "csp", "level", "release"):
        v.want(field, parsed[field])


def routed(v):
    replies = forms.parse_replies(v.octets("bytes"))
    v.want("replies", [{"attempt": attempt.hex(), "reply": sealed.hex()} for attempt, sealed in replies])


def month(v):
    secret = v.octets("secret")
    v.want("index", keys.index_key(secret))
    v.want("wrap", keys.wrap_key(secret))
    v.want("dedupe", keys.dedupe_key(secret))
    v.want("known", keys.known(keys.dedupe_key(secret), b"payload"))
    v.want("next", keys.next_month(secret))


def row(v):
    parsed = forms.parse_page(v.octets("page"))
    v.want("key", keys.page_row_key(v.octets("index"), parsed["tag"], v.octets("batch")))
    key, value, wrap = v.octets("key"), v.octets("value"), v.octets("wrap")
    kept = forms.open_page_row(wrap, key, value)
    v.check("keeps another page", kept == (parsed["day"], parsed["witness"], parsed["build"], parsed["sealed"]))
    v.want("value", forms.seal_page_row(wrap, key, parsed, value[:24]))


def question(v):
    asks = forms.parse_question(v.octets("bytes"))
    v.want("days", [day for day, _ in asks])
    v.want("tags", [tag.hex() for _, tag in asks])


def answer(v):
    frames = forms.parse_answer(v.octets("bytes"))
    rows = [(index, page) for kind, index, page in frames if kind == forms.FRAME_ROW]
    v.want("pages", [page.hex() for _, page in rows])
    v.check("answers other tags", [index for index, _ in rows] == list(range(len(rows))))
    unread = [value for kind, value, page in frames if kind == forms.FRAME_UNREAD and not page]
    v.want("unread", [f"{number // 12:04}-{number % 12 + 1:02}" for number in unread])
    v.check("has unknown frames", len(rows) + len(unread) == len(frames))


PARSERS = {
    "fragment": codec.decode_fragment,
    "packed": codec.decode_page,
    "page": forms.parse_page,
    "erasures": forms.parse_erasures,
    "envelope": forms.parse_envelope,
    "hint": forms.parse_hint,
    "policy": forms.parse_policy,
    "crate": forms.parse_crate,
    "routed": forms.parse_replies,
    "keylist": forms.split_key_list,
}


def refused(v):
    parse, data, taken = PARSERS[v["form"]], v.octets("bytes"), True
    try:
        parse(data)
    except forms.FormError:
        taken = False
    v.check(f"a {v['form']} with {v['why']} is taken", not taken)
    v.check("does not say why", v["why"])


def look(v):
    signer = Ed25519PrivateKey.from_private_bytes(v.octets("seed"))
    data, nonce = v.octets("payload"), v.octets("nonce")
    found = forms.parse_look(data, nonce, signer.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    for field in ("what", "word", "number", "engineer", "body"):
        v.want(field, found[field])
    v.check("is signed otherwise", signer.sign(forms.LOOK_CONTEXT + nonce + data[:-64]) == data[-64:])


def look_answer(v):
    key, data = v.octets("reply_key"), v.octets("bytes")
    status, found = forms.open_look_answer(key, data)
    v.want("status", status)
    v.want("data", found)
    v.want("bytes", forms.seal_look_answer(key, status, found, data[:24]))


CHECKS = {
    "identity.json": identity,
    "keys.json": page_keys,
    "derived.json": derived,
    "page.json": page,
    "erasure.json": erasure,
    "grant.json": grant,
    "note.json": note,
    "fragment.json": fragment,
    "fragment2.json": fragment2,
    "packed.json": packed,
    "packed2.json": packed,
    "envelope.json": envelope,
    "reply.json": reply,
    "look.json": look,
    "lookanswer.json": look_answer,
    "keylist.json": key_list,
    "crate.json": crate,
    "hint.json": hint,
    "policy.json": policy,
    "routed.json": routed,
    "month.json": month,
    "row.json": row,
    "question.json": question,
    "answer.json": answer,
    "refused.json": refused,
}


def check_files(folder):
    """Checks every file of the folder and returns how many vectors that were."""
    names = {path.name for path in folder.glob("*.json")}
    if names != CHECKS.keys():
        raise Difference(f"{', '.join(sorted(names ^ CHECKS.keys()))}: a file without a check, or a check without a file")
    count = 0
    for name, check in CHECKS.items():
        vectors = json.loads((folder / name).read_text())["vectors"]
        if not vectors:
            raise Difference(f"{name}: has no vectors")
        for number, fields in enumerate(vectors):
            vector = Vector(f"{name}, vector {number}", fields)
            try:
                check(vector)
            except ValueError as error:  # FormError is one
                raise Difference(f"{vector.where}: {error}") from None
            vector.done()
            count += 1
    return count


def check_self():
    """Checks the known answers and returns how many they were."""
    count = 0
    for name, got, want in known_answers.answers():
        if got != want:
            raise Difference(f"{name}: got {got!r}, the source says {want!r}")
        count += 1
    return count


def main():
    arguments = sys.argv[1:]
    try:
        if arguments == ["--self"]:
            print(f"{check_self()} known answers checked")
        else:
            folder = arguments[0] if arguments else pathlib.Path(__file__).parent.parent / "vectors"
            print(f"{check_files(pathlib.Path(folder))} vectors checked")
    except (Difference, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
