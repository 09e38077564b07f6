"""HPKE (RFC 9180) as a recipient and as a sender, in the one suite that Tacit uses.

Base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, export-only. Everything is
built here on X25519 and HMAC, so that nothing depends on Tacit or on another
HPKE library; known_answers.py checks it against appendix A.7 of the RFC.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEM_ID = 0x0020  # DHKEM(X25519, HKDF-SHA256)
KDF_ID = 0x0001  # HKDF-SHA256
AEAD_ID = 0xFFFF  # export-only
MODE_BASE = 0x00

KEM_SUITE = b"KEM" + KEM_ID.to_bytes(2, "big")
HPKE_SUITE = b"HPKE" + KEM_ID.to_bytes(2, "big") + KDF_ID.to_bytes(2, "big") + AEAD_ID.to_bytes(2, "big")


def hkdf_extract(salt, ikm):
    """HKDF-Extract with SHA-256 (RFC 5869, 2.2). HMAC pads an empty salt with zeros itself."""
    return hmac.new(salt, ikm, hashlib.sha256).digest()


def hkdf_expand(prk, info, length):
    """HKDF-Expand with SHA-256 (RFC 5869, 2.3)."""
    out, block, count = b"", b"", 1
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([count]), hashlib.sha256).digest()
        out, count = out + block, count + 1
    return out[:length]


def labeled_extract(suite, salt, label, ikm):
    """LabeledExtract (RFC 9180, 4)."""
    return hkdf_extract(salt, b"HPKE-v1" + suite + label + ikm)


def labeled_expand(suite, prk, label, info, length):
    """LabeledExpand (RFC 9180, 4)."""
    return hkdf_expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info, length)


def public_of(private):
    """The raw public key of a raw X25519 private key (RFC 7748)."""
    key = X25519PrivateKey.from_private_bytes(private).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def dh(private, public):
    """X25519 (RFC 7748). Raises ValueError when the result is all zeros (RFC 9180, 7.1.4)."""
    return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))


def derive_private(ikm):
    """DeriveKeyPair of DHKEM(X25519), its private half (RFC 9180, 7.1.3)."""
    prk = labeled_extract(KEM_SUITE, b"", b"dkp_prk", ikm)
    return labeled_expand(KEM_SUITE, prk, b"sk", b"", 32)


def shared_secret(private, public, enc, recipient):
    """ExtractAndExpand of DHKEM over both public keys (RFC 9180, 4.1)."""
    prk = labeled_extract(KEM_SUITE, b"", b"eae_prk", dh(private, public))
    return labeled_expand(KEM_SUITE, prk, b"shared_secret", enc + recipient, 32)


def exporter_secret(shared, info):
    """KeySchedule in base mode: no PSK, and only the exporter secret is kept (RFC 9180, 5.1)."""
    context = bytes([MODE_BASE])
    context += labeled_extract(HPKE_SUITE, b"", b"psk_id_hash", b"")
    context += labeled_extract(HPKE_SUITE, b"", b"info_hash", info)
    secret = labeled_extract(HPKE_SUITE, shared, b"secret", b"")
    return labeled_expand(HPKE_SUITE, secret, b"exp", context, 32)


def export(exporter, context, length=32):
    """Context.Export (RFC 9180, 5.3)."""
    return labeled_expand(HPKE_SUITE, exporter, b"sec", context, length)


def setup_recipient(private, enc, info):
    """SetupBaseR: the exporter secret that the holder of the private key derives from enc."""
    return exporter_secret(shared_secret(private, enc, enc, public_of(private)), info)


def setup_sender(ephemeral, recipient, info):
    """SetupBaseS with a given ephemeral private key: enc and the exporter secret."""
    enc = public_of(ephemeral)
    return enc, exporter_secret(shared_secret(ephemeral, recipient, enc, recipient), info)
