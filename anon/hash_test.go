package anon_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tacit-telemetry/tacit/schema"
)

// hashed treats a record under a key and returns its hash: that of its label,
// when it has one.
func hashed(t testing.TB, key byte, r schema.Record) string {
	t.Helper()
	got, err := treatments(t, key).Apply(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Labels) > 0 {
		return got.Labels[0].Value
	}
	return got.Value.Text
}

// in returns a record as of another moment.
func in(r schema.Record, at string) schema.Record {
	moment, err := time.Parse(time.RFC3339, at)
	if err != nil {
		panic(err)
	}
	r.Time = moment.Unix()
	return r
}

func TestHash(t *testing.T) {
	zoe := record("queue.name", schema.Text("Zoe"))
	first := hashed(t, 1, in(zoe, "2026-01-01T00:00:00Z"))
	for _, at := range []string{"2026-01-01T00:00:00Z", "2026-07-01T12:00:00Z", "2026-12-31T23:59:59Z"} {
		if again := hashed(t, 1, in(zoe, at)); again != first {
			t.Errorf("equal values of one year give %s and %s", first, again)
		}
	}
	for name, other := range map[string]string{
		"another value":        hashed(t, 1, in(record("queue.name", schema.Text("zoe")), "2026-01-01T00:00:00Z")),
		"another metric":       hashed(t, 1, in(record("queue.owner", schema.Text("Zoe")), "2026-01-01T00:00:00Z")),
		"a label":              hashed(t, 1, in(record("open.time", schema.Number(1), label("path", "Zoe")), "2026-01-01T00:00:00Z")),
		"another installation": hashed(t, 2, in(zoe, "2026-01-01T00:00:00Z")),
		"the year before":      hashed(t, 1, in(zoe, "2025-12-31T23:59:59Z")),
		"the year after":       hashed(t, 1, in(zoe, "2027-01-01T00:00:00Z")),
	} {
		if other == first {
			t.Errorf("%s has the same hash", name)
		}
	}
}

// TestHashesOfNamesAndValues: whatever bytes stand where a name ends and a value
// begins, the hash of a field is no other field's.
func TestHashesOfNamesAndValues(t *testing.T) {
	owner := func(rest string) string { return hashed(t, 1, record("queue.owner", schema.Text(rest))) }
	name := func(value string) string {
		return hashed(t, 1, record("queue.owner", schema.Text("x"), label("name", value)))
	}
	for _, rest := range []string{"name\x00Zoe", "\x00name\x00Zoe", "nameZoe", "\x00\x00\x00\x04nameZoe", "\x00\x00\x00\x00Zoe"} {
		if owner(rest) == name("Zoe") {
			t.Fatalf("the value %q has the hash of the label", rest)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringN(0, 40, 200).Draw(t, "value")
		before := rapid.StringOfN(rapid.SampledFrom([]rune("\x00\x04name")), 0, 20, -1).Draw(t, "before")
		if owner(before+value) == name(value) {
			t.Fatalf("the value %q has the hash of the label %q", before+value, value)
		}
	})
}

// TestHashIsAsDocumented makes one of each kind by the package comment alone.
func TestHashIsAsDocumented(t *testing.T) {
	sum := func(key []byte, parts ...string) []byte {
		h := hmac.New(sha256.New, key)
		for _, p := range parts {
			h.Write([]byte(p))
		}
		return h.Sum(nil)
	}
	key := [32]byte{1}
	year := sum(key[:], "tacit/v1/hash", "\x00\x00\x07\xea", "\x01") // 2026; the first block of HKDF-Expand
	for want, r := range map[string]schema.Record{
		hex.EncodeToString(sum(year, "\x00\x00\x00\x0aqueue.name", "\x00\x00\x00\x00", "Zoe")[:16]):       record("queue.name", schema.Text("Zoe")),
		hex.EncodeToString(sum(year, "\x00\x00\x00\x09open.time", "\x00\x00\x00\x04path", "/home/")[:16]): record("open.time", schema.Number(1), label("path", "/home/")),
	} {
		if got := hashed(t, 1, in(r, "2026-11-22T10:00:00Z")); got != want {
			t.Errorf("%s is hashed to %s, not %s", r.Metric, got, want)
		}
	}
}
