package envelope

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"testing"
)

func TestCheckVendor(t *testing.T) {
	for _, small := range smallOrder() {
		key, err := hex.DecodeString(small)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := CheckVendor(key); !errors.Is(err, ErrVendor) {
				t.Errorf("%x is taken", key)
			}
			key[31] |= 0x80
		}
	}
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckVendor(public); err != nil {
		t.Error(err)
	}
	if err := CheckVendor(public[:31]); !errors.Is(err, ErrVendor) {
		t.Error("a short key is taken")
	}
}
