package envelope

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"slices"
)

// ErrVendor says that a vendor key is none: it has another length, or is a
// point of small order, for which anybody can make signatures that verify.
var ErrVendor = errors.New("not a vendor key")

// smallOrder lists the points of small order on the curve of Ed25519, as they
// are written, without the sign; the list is that of libsodium
// (ge25519_has_small_order).
func smallOrder() []string {
	return []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	}
}

// CheckVendor refuses with [ErrVendor] what cannot be a vendor's public key.
func CheckVendor(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize {
		return ErrVendor
	}
	plain := slices.Clone(key)
	plain[len(plain)-1] &= 0x7f // the sign
	if slices.Contains(smallOrder(), hex.EncodeToString(plain)) {
		return ErrVendor
	}
	return nil
}
