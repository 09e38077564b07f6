"""Known answers from the standards, so that this observer stands on them and not on Tacit."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl import bindings as sodium

import tacit_hpke as hpke
import tacit_keys as keys


def h(text):
    """Bytes from hexadecimal."""
    return bytes.fromhex(text)


ID = h("7d4448409dc041d1b2455ffdce74fad2")


def hkdf():
    """RFC 5869, A.1 and A.3."""
    prk = hpke.hkdf_extract(h("000102030405060708090a0b0c"), b"\x0b" * 22)
    yield "HKDF A.1 PRK", prk, h("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    okm = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    yield "HKDF A.1 OKM", hpke.hkdf_expand(prk, h("f0f1f2f3f4f5f6f7f8f9"), 42), h(okm)
    prk = hpke.hkdf_extract(b"", b"\x0b" * 22)
    yield "HKDF A.3 PRK", prk, h("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04")
    okm = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    yield "HKDF A.3 OKM", hpke.hkdf_expand(prk, b"", 42), h(okm)


def hpke_export_only():
    """RFC 9180, A.7.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, export-only, base mode."""
    info = h("4f6465206f6e2061204772656369616e2055726e")
    sk_e = hpke.derive_private(h("55bc245ee4efda25d38f2d54d5bb6665291b99f8108a8c4b686c2b14893ea5d9"))
    sk_r = hpke.derive_private(h("683ae0da1d22181e74ed2e503ebf82840deb1d5e872cade20f4b458d99783e31"))
    yield "HPKE A.7 skEm", sk_e, h("095182b502f1f91f63ba584c7c3ec473d617b8b4c2cec3fad5af7fa6748165ed")
    yield "HPKE A.7 skRm", sk_r, h("33d196c830a12f9ac65d6e565a590d80f04ee9b19c83c87f2c170d972a812848")
    pk_r = hpke.public_of(sk_r)
    yield "HPKE A.7 pkRm", pk_r, h("194141ca6c3c3beb4792cd97ba0ea1faff09d98435012345766ee33aae2d7664")
    enc, sender = hpke.setup_sender(sk_e, pk_r, info)
    yield "HPKE A.7 enc", enc, h("e5e8f9bfff6c2f29791fc351d2c25ce1299aa5eaca78a757c0b4fb4bcd830918")
    shared = hpke.shared_secret(sk_r, enc, enc, pk_r)
    yield "HPKE A.7 shared_secret", shared, h("e81716ce8f73141d4f25ee9098efc968c91e5b8ce52ffff59d64039e82918b66")
    want = h("79dc8e0509cf4a3364ca027e5a0138235281611ca910e435e8ed58167c72f79b")
    yield "HPKE A.7 exporter_secret, sender", sender, want
    yield "HPKE A.7 exporter_secret, recipient", hpke.setup_recipient(sk_r, enc, info), want
    for context, value in (
        ("", "7a36221bd56d50fb51ee65edfd98d06a23c4dc87085aa5866cb7087244bd2a36"),
        ("00", "d5535b87099c6c3ce80dc112a2671c6ec8e811a2f284f948cec6dd1708ee33f0"),
        ("54657374436f6e74657874", "ffaabc85a776136ca0c378e5d084c9140ab552b78f039d2e8775f26efff4c70e"),
    ):
        yield f"HPKE A.7 export {context!r}", hpke.export(sender, h(context)), h(value)


def ciphers():
    """The libraries below: AES-256-GCM (the GCM submission's test case 14), XChaCha20-Poly1305
    (draft-irtf-cfrg-xchacha-03, A.3.1), X25519 (RFC 7748, 6.1), Ed25519 (RFC 8032, 7.1 test 2)."""
    got = AESGCM(bytes(32)).encrypt(bytes(12), bytes(16), None)
    yield "AES-256-GCM", got, h("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
    text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
    got = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        text, h("50515253c0c1c2c3c4c5c6c7"), bytes(range(0x40, 0x58)), bytes(range(0x80, 0xA0)))
    yield "XChaCha20-Poly1305", got, h(
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
        "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
        "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49")
    alice = h("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    bob = h("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    yield "X25519", hpke.dh(alice, bob), h("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")


def ed25519():
    """RFC 8032, 7.1, test 1; and the same signature under another message."""
    vendor = Ed25519PublicKey.from_public_bytes(h("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
    signature = h("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                  "d25bf5f0595bbe24655141438e7a100b")
    for message, want in ((b"", True), (b"x", False)):
        try:
            vendor.verify(signature, message)
            got = True
        except InvalidSignature:
            got = False
        yield f"Ed25519 of {message!r}", got, want


def refused(text):
    """Whether a spoken ID is refused."""
    try:
        keys.parse_spoken(text)
    except keys.FormError:
        return True
    return False


def spoken_id():
    """Crockford's base32: known numbers, what is read alike, and every single slip of one ID."""
    yield "spoken zero", keys.spoken(bytes(16)), "0000-0000-0000-0000-0000-0000-000"
    yield "spoken one", keys.spoken(bytes(15) + b"\x01"), "0000-0000-0000-0000-0000-0000-011"
    yield "spoken 36", keys.spoken(bytes(15) + b"\x24"), "0000-0000-0000-0000-0000-0000-14U"
    # 2^128 - 1 is 7 and 25 times Z; 2^36 = 1 mod 37 by Fermat, so 2^128 - 1 = 2^20 - 1 = 33 - 1 = 32 mod 37.
    yield "spoken all ones", keys.spoken(b"\xff" * 16), "7ZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZ*"
    yield "spoken above 128 bits", refused("8" + "0" * 25 + keys.CHECKS[(8 << 125) % 37]), True
    text = keys.spoken(ID)
    yield "read back", keys.parse_spoken(text), ID
    yield "read alike", keys.parse_spoken(text.lower().replace("0", "o").replace("1", "L").replace("-", " ")), ID
    yield "of version 1", refused(keys.spoken(h("7d4448409dc011d1b2455ffdce74fad2"))), True
    yield f"slips of {text} that pass", [slip for slip in slips(text.replace("-", "")) if not refused(slip)], []


def slips(text):
    """Every substitution of one character and every swap of two neighbours."""
    for i, was in enumerate(text):
        for c in keys.CHECKS if i == 26 else keys.ALPHABET:
            if c != was:
                yield text[:i] + c + text[i + 1 :]
    for i in range(26):
        if text[i] != text[i + 1]:
            yield text[:i] + text[i + 1] + text[i] + text[i + 2 :]


def answers():
    """All known answers: name, what was computed here, what the source says."""
    for source in (hkdf, hpke_export_only, ciphers, ed25519, spoken_id):
        yield from source()
