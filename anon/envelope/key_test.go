package envelope_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

func vendorKey(t testing.TB) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func keyList(t testing.TB) *wire.KeyList {
	return &wire.KeyList{Version: 3, Suite: wire.SuiteX25519, Keys: []wire.Key{newKey(t, 1).Public(), newKey(t, 2).Public()}}
}

func TestPrivateKeyFile(t *testing.T) {
	key := newKey(t, 5)
	raw, err := key.Bytes()
	if err != nil || len(raw) != 32 {
		t.Fatalf("%d bytes, %v", len(raw), err)
	}
	again, err := envelope.ParsePrivateKey(5, 20000, raw)
	if err != nil {
		t.Fatal(err)
	}
	if again.Public() != key.Public() {
		t.Error("the key that was read has another public half")
	}
	for _, n := range []int{0, 31, 33} {
		_, err := envelope.ParsePrivateKey(5, 20000, make([]byte, n))
		if err == nil || !strings.Contains(err.Error(), "store key 5") {
			t.Errorf("%d bytes: %v, want an error that names the key", n, err)
		}
	}
}

func TestKeyList(t *testing.T) {
	public, private := vendorKey(t)
	list := keyList(t)
	good := envelope.SignKeyList(private, list)
	got, err := envelope.VerifyKeyList(public, good)
	if err != nil || !reflect.DeepEqual(got, list) {
		t.Fatalf("%+v, %v: not the list that was signed", got, err)
	}
	if again := envelope.SignKeyList(private, list); !bytes.Equal(again, good) {
		t.Error("two agents would get different bytes")
	}
}

func TestKeyListRefused(t *testing.T) {
	public, private := vendorKey(t)
	stranger, _ := vendorKey(t)
	good := envelope.SignKeyList(private, keyList(t))
	unbound := keyList(t).Marshal()
	unbound = append(unbound, ed25519.Sign(private, unbound)...) // a signature of bytes that do not say what they are
	suite := keyList(t)
	suite.Suite = 9
	cases := map[string]struct {
		vendor ed25519.PublicKey
		list   []byte
		want   error
	}{
		"another vendor":       {stranger, good, envelope.ErrSignature},
		"no vendor key":        {nil, good, envelope.ErrSignature},
		"half a vendor key":    {public[:16], good, envelope.ErrSignature},
		"signed without label": {public, unbound, envelope.ErrSignature},
		"unknown suite":        {public, envelope.SignKeyList(private, suite), wire.ErrForm},
		"cut":                  {public, good[:len(good)-1], wire.ErrForm},
		"nothing":              {public, nil, wire.ErrForm},
	}
	for name, c := range cases {
		if _, err := envelope.VerifyKeyList(c.vendor, c.list); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if _, err := envelope.VerifyKeyList(public, bad); err == nil {
			t.Errorf("byte %d flipped: the list is taken", i)
		}
	}
}

// TestKeysAreNotPrinted prints what holds keys in every way that a careless
// log line does.
func TestKeysAreNotPrinted(t *testing.T) {
	key := newKey(t, 5)
	raw, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	s := seal(t, key, wire.ClassNormal, envelope.Content{Kind: envelope.Page, Batch: schema.NewBatchID()})
	opened, err := envelope.Open(key, parse(t, s.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		value  any
		secret []byte
	}{
		"private key": {key, raw}, "private key by value": {*key, raw},
		"sealed, body key": {s, s.BodyKey[:]}, "sealed by value, reply key": {*s, s.ReplyKey[:]},
		"opened": {opened, s.ReplyKey[:]}, "opened by value": {*opened, s.ReplyKey[:]},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			checkHidden(t, name+" with "+verb, fmt.Sprintf(verb, c.value), c.secret)
		}
		checkHidden(t, name+" in a list", fmt.Sprint([]any{c.value}), c.secret)
	}
}

// checkHidden looks for eight bytes of the secret in the writings of fmt.
func checkHidden(t *testing.T, what, printed string, secret []byte) {
	t.Helper()
	part := secret[4:12]
	decimal := strings.Trim(fmt.Sprint(part), "[]")
	list := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", part), "[]byte{"), "}")
	for _, form := range []string{hex.EncodeToString(part), decimal, list, string(part)} {
		if strings.Contains(printed, form) {
			t.Errorf("%s shows the key: %s", what, printed)
			return
		}
	}
}
