#!/usr/bin/python3
"""Opens what Tacit makes, without Tacit: IDs, envelopes, pages, replies, key lists.

  open.py id ID
  open.py envelope FILE (--store-key HEX | --body-key HEX)
  open.py page FILE --id ID
  open.py reply FILE --reply-key HEX --attempt HEX
  open.py keylist FILE --vendor HEX

FILE holds the raw bytes; - is standard input. Prints one JSON object; what does
not open prints `error:` and exits 1.
"""

import argparse
import datetime
import json
import sys
import uuid

sys.dont_write_bytecode = True

import tacit_codec as codec
import tacit_forms as forms
import tacit_keys as keys

MOST_PAGES = 1 << 16  # page numbers of one day that are tried


def jsonable(value):
    """Bytes as hexadecimal, all the way down."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: jsonable(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(entry) for entry in value]
    return value


def date(day):
    """A day number as people write it; None beyond what calendars hold."""
    try:
        return str(datetime.date(1970, 1, 1) + datetime.timedelta(days=day))
    except OverflowError:
        return None


def show_id(args):
    installation = keys.parse_id(args.id)
    return {"uuid": str(uuid.UUID(bytes=installation)), "spoken": keys.spoken(installation)}


def show_envelope(args):
    outer = forms.parse_envelope(read(args.file))
    shown = {name: outer[name] for name in ("key_id", "partition", "class", "attempt")}
    if args.body_key:
        content = forms.open_body(outer, args.body_key)
    else:
        content, body_key, reply_key = forms.open_envelope(outer, args.store_key)
        shown |= {"body_key": body_key, "reply_key": reply_key}
    shown |= content | {"kind": forms.KINDS[content["kind"]], "class": forms.CLASSES[outer["class"]]}
    if shown["kind"] == "fragment":
        shown["fragment"] = codec.decode_fragment(content["payload"])
    if shown["kind"] == "page":
        shown["page"] = forms.parse_page(content["payload"])
    return shown


def show_page(args):
    page = forms.parse_page(read(args.file))
    root = keys.root(keys.parse_id(args.id))
    day = keys.day_key(root, page["day"])
    for n in range(MOST_PAGES):
        if keys.tag(day, n) == page["tag"]:
            witness = keys.witness(keys.erase_right(root, page["day"], n))
            if witness != page["witness"]:
                raise forms.FormError("page has another witness")
            plain = codec.decode_page(forms.open_page(page, day, n))
            return {"day": page["day"], "date": date(page["day"]), "n": n, "tag": page["tag"]} | plain
    raise forms.FormError("page is not of this installation")


def show_reply(args):
    reply = forms.open_reply(args.reply_key, args.attempt, read(args.file))
    return reply | {"status": forms.STATUSES[reply["status"]], "date": date(reply["day"])}


def show_key_list(args):
    return forms.parse_key_list(read(args.file), args.vendor)


def read(name):
    """The bytes of a file, or of standard input."""
    if name == "-":
        return sys.stdin.buffer.read()
    with open(name, "rb") as file:
        return file.read()


def octets(length):
    """An argument of so many bytes in hexadecimal."""

    def parse(text):
        value = bytes.fromhex(text)
        if len(value) != length:
            raise ValueError
        return value

    parse.__name__ = f"{length} bytes in hexadecimal"
    return parse


def arguments():
    """The command line, as the text on top says it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="id|envelope|page|reply|keylist")
    command = commands.add_parser("id")
    command.add_argument("id")
    command.set_defaults(run=show_id)
    command = commands.add_parser("envelope")
    command.add_argument("file")
    key = command.add_mutually_exclusive_group(required=True)
    key.add_argument("--store-key", type=octets(32))
    key.add_argument("--body-key", type=octets(32))
    command.set_defaults(run=show_envelope)
    command = commands.add_parser("page")
    command.add_argument("file")
    command.add_argument("--id", required=True)
    command.set_defaults(run=show_page)
    command = commands.add_parser("reply")
    command.add_argument("file")
    command.add_argument("--reply-key", type=octets(32), required=True)
    command.add_argument("--attempt", type=octets(16), required=True)
    command.set_defaults(run=show_reply)
    command = commands.add_parser("keylist")
    command.add_argument("file")
    command.add_argument("--vendor", type=octets(32), required=True)
    command.set_defaults(run=show_key_list)
    return parser.parse_args()


def main():
    args = arguments()
    try:
        print(json.dumps(jsonable(args.run(args)), ensure_ascii=False))
    except (forms.FormError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
