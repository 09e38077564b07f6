// Package vectors freezes every derivation and form of the protocol as bytes.
//
// The JSON files hold fixed inputs and what Tacit makes of them. Two observers
// check every value on every run of the tests: the packages themselves, here,
// and a second implementation in Python that was written from the documents
// (integration/python). A change that makes one of them fail changes what old
// agents and stores understand: it needs a new form number, not new vectors.
//
// What is deterministic is computed anew and compared byte for byte. What is
// sealed at random (envelopes, pages, replies) is opened with its frozen secrets
// and compared with the fixed content. After a form was added:
//
//	go test ./integration/vectors -update
//
// writes the files. All keys in them are for tests only.
package vectors

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the frozen vectors instead of comparing with them")

// octets are bytes that JSON shows in hexadecimal.
type octets []byte

func (o octets) MarshalText() ([]byte, error) {
	return []byte(hex.EncodeToString(o)), nil
}

func (o *octets) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	*o = b
	return err
}

// file is the content of one JSON file.
type file[V any] struct {
	About   string `json:"about"`
	Vectors []V    `json:"vectors"`
}

// exact compares vectors that are the same every time with the frozen file, or
// writes it.
func exact[V any](t *testing.T, name, about string, vectors []V) {
	t.Helper()
	if *update {
		write(t, name, file[V]{about, vectors})
	}
	got := read[V](t, name)
	same(t, name, file[V]{about, vectors}, got)
}

// frozen returns the vectors of a file whose bytes are sealed at random, or
// writes newly sealed ones.
func frozen[V any](t *testing.T, name, about string, seal func() []V) []V {
	t.Helper()
	if *update {
		write(t, name, file[V]{about, seal()})
	}
	return read[V](t, name).Vectors
}

func read[V any](t *testing.T, name string) file[V] {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("read vectors: %v; go test ./integration/vectors -update writes them", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var f file[V]
	if err := d.Decode(&f); err != nil {
		t.Fatalf("decode %s: %v", name, err)
	}
	return f
}

func write(t *testing.T, name string, f any) {
	t.Helper()
	if err := os.WriteFile(name, append(marshal(t, f), '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// same compares computed vectors with frozen ones and names the first that
// differs.
func same[V any](t *testing.T, name string, want, got file[V]) {
	t.Helper()
	if len(want.Vectors) != len(got.Vectors) || want.About != got.About {
		t.Fatalf("%s is not of this list of vectors: it has %d, the test %d", name, len(got.Vectors), len(want.Vectors))
	}
	for i := range want.Vectors {
		equal(t, fmt.Sprintf("%s, vector %d", name, i), got.Vectors[i], want.Vectors[i])
	}
}

// equal compares one frozen value with what it has to be, as JSON shows them.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := marshal(t, got), marshal(t, want); !bytes.Equal(g, w) {
		t.Errorf("%s differs:\nfrozen   %s\ncomputed %s", what, g, w)
	}
}
