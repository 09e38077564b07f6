package vectors

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// vendorKey signs key lists in tests only.
var vendorKey = ed25519.NewKeyFromSeed(fromHex("9a0e1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8"))

type (
	keyContent struct {
		ID     uint32 `json:"id"`
		Start  uint32 `json:"start"`
		Public octets `json:"public"`
	}
	keyListVector struct {
		Vendor  octets       `json:"vendor"` // public key
		Version uint64       `json:"version"`
		Suite   uint8        `json:"suite"`
		Keys    []keyContent `json:"keys"`
		Bytes   octets       `json:"bytes"`
		// Active names, for some days, the key that agents seal to: its ID, or -1.
		Active map[string]int64 `json:"active"`
	}
)

func TestKeyLists(t *testing.T) {
	store, err := envelope.ParsePrivateKey(storeKeyID, storeKeyStart, storeKey)
	if err != nil {
		t.Fatal(err)
	}
	other := wire.Key{ID: 9, Start: storeKeyStart + 25, Public: [32]byte(bytes.Repeat([]byte{9}, 32))}
	var vs []keyListVector
	for _, l := range []wire.KeyList{
		{Version: 1, Suite: wire.SuiteX25519, Keys: []wire.Key{store.Public()}},
		{Version: 1<<64 - 1, Suite: wire.SuiteX25519, Keys: []wire.Key{store.Public(), other}},
	} {
		signed := envelope.SignKeyList(vendorKey, &l)
		back, err := envelope.VerifyKeyList(vendorKey.Public().(ed25519.PublicKey), signed)
		if err != nil {
			t.Fatal(err)
		}
		vs = append(vs, keyListVectorOf(back, signed))
	}
	exact(t, "keylist.json", "The signed list of the store's keys, and which of them is active when.", vs)
}

func keyListVectorOf(l *wire.KeyList, signed []byte) keyListVector {
	v := keyListVector{Vendor: octets(vendorKey.Public().(ed25519.PublicKey)), Version: l.Version,
		Suite: uint8(l.Suite), Bytes: signed, Active: map[string]int64{}}
	for _, k := range l.Keys {
		v.Keys = append(v.Keys, keyContent{ID: k.ID, Start: uint32(k.Start), Public: k.Public[:]})
	}
	for _, after := range []int{-1, 0, 24, 25, 29, 30, 31, 54, 55, 56} {
		day := storeKeyStart + schema.Day(after)
		v.Active[fmt.Sprint(uint32(day))] = -1
		if k, ok := l.Active(day); ok {
			v.Active[fmt.Sprint(uint32(day))] = int64(k.ID)
		}
	}
	return v
}

type crateVector struct {
	Envelopes []octets `json:"envelopes"`
	Bytes     octets   `json:"bytes"`
}

// TestCrates packs what has the length of nothing in particular: a crate does
// not look at its envelopes.
func TestCrates(t *testing.T) {
	var vs []crateVector
	for _, envelopes := range [][][]byte{
		{fromHex("00")},
		{bytes.Repeat([]byte{1}, 255), bytes.Repeat([]byte{2}, 256), bytes.Repeat([]byte{3}, 1127)},
	} {
		b := wire.MarshalCrate(envelopes)
		back, err := wire.ParseCrate(b)
		if err != nil {
			t.Fatal(err)
		}
		v := crateVector{Bytes: b}
		for _, e := range back {
			v.Envelopes = append(v.Envelopes, e)
		}
		vs = append(vs, v)
	}
	exact(t, "crate.json", "Crates of envelopes, which nobody looks at there.", vs)
}

type hintVector struct {
	Name    string `json:"name"`
	Code    uint8  `json:"code"`
	Seconds uint32 `json:"seconds"`
	Bytes   octets `json:"bytes"`
}

func TestHints(t *testing.T) {
	var vs []hintVector
	for _, h := range []wire.Hint{
		{Code: wire.Queued},
		{Code: wire.Later, Wait: 300 * time.Second},
		{Code: wire.Later, Wait: wire.MaxLater},
		{Code: wire.Off},
		{Code: wire.Reseal},
	} {
		back, err := wire.ParseHint(h.Marshal())
		if err != nil || back != h {
			t.Fatalf("%v comes back as %v, %v", h, back, err)
		}
		vs = append(vs, hintVector{Name: h.Code.String(), Code: uint8(h.Code), Seconds: uint32(h.Wait / time.Second), Bytes: h.Marshal()})
	}
	exact(t, "hint.json", "A relay's plain answers to a put.", vs)
}

type policyVector struct {
	Revision uint64       `json:"revision"`
	Since    int64        `json:"since"` // Unix seconds; 0: not known
	Decided  bool         `json:"decided"`
	CEIP     string       `json:"ceip"`
	CSP      string       `json:"csp"`
	Level    schema.Level `json:"level"`
	Release  uint32       `json:"release"`
	Bytes    octets       `json:"bytes"`
}

func TestPolicies(t *testing.T) {
	words := map[wire.Switch]string{wire.Held: "held", wire.SwitchOn: "on", wire.SwitchOff: "off"}
	var vs []policyVector
	for _, p := range []wire.Policy{
		{Level: schema.Standard},
		{Revision: 1, Since: time.Unix(1795000000, 0).UTC(), CEIP: wire.SwitchOn, CSP: wire.Held, Level: schema.Standard, Release: 1},
		{Revision: 1<<64 - 1, Since: time.Unix(253402300799, 0).UTC(), Decided: true, CEIP: wire.SwitchOff, CSP: wire.SwitchOn, Level: schema.Enhanced, Release: 1<<32 - 1},
	} {
		back, err := wire.ParsePolicy(p.Marshal())
		if err != nil || back != p {
			t.Fatalf("%+v comes back as %+v, %v", p, back, err)
		}
		v := policyVector{Revision: p.Revision, Decided: p.Decided, CEIP: words[p.CEIP], CSP: words[p.CSP], Level: p.Level, Release: p.Release, Bytes: p.Marshal()}
		if !p.Since.IsZero() {
			v.Since = p.Since.Unix()
		}
		vs = append(vs, v)
	}
	exact(t, "policy.json", "A site's decision as its relay tells it.", vs)
}

type routedContent struct {
	Attempt octets `json:"attempt"`
	Reply   octets `json:"reply"`
}

type routedVector struct {
	Replies []routedContent `json:"replies"`
	Bytes   octets          `json:"bytes"`
}

func TestRoutedReplies(t *testing.T) {
	var vs []routedVector
	for _, count := range []int{1, 3} {
		var rs []wire.Routed
		for i := range count {
			r := wire.Routed{Attempt: wire.Attempt(batch(i))}
			copy(r.Reply[:], bytes.Repeat([]byte{byte(i)}, wire.ReplyLen))
			rs = append(rs, r)
		}
		b := wire.MarshalReplies(rs)
		back, err := wire.ParseReplies(b)
		if err != nil {
			t.Fatal(err)
		}
		v := routedVector{Bytes: b}
		for _, r := range back {
			v.Replies = append(v.Replies, routedContent{Attempt: r.Attempt[:], Reply: r.Reply[:]})
		}
		vs = append(vs, v)
	}
	exact(t, "routed.json", "Replies on their way from store to edge, with the attempts they answer.", vs)
}
