package daybook

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// key is the secret of one file.
type key [32]byte

// String hides the key.
func (key) String() string { return "daybook.key{hidden}" }

// GoString hides the key.
func (k key) GoString() string { return k.String() }

// MarshalText writes the key for its file.
func (k key) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, k[:]), nil }

// UnmarshalText reads a key of the file.
func (k *key) UnmarshalText(b []byte) error {
	read, err := hex.DecodeString(string(b))
	if err != nil || len(read) != len(k) {
		return errors.New("not a key")
	}
	copy(k[:], read)
	return nil
}

func (k key) expand(label string) []byte {
	out, err := hkdf.Expand(sha256.New, k[:], "tacit/v1/"+label, 32)
	if err != nil {
		panic("daybook: internal error: " + err.Error()) // 32 bytes are within the bounds of RFC 5869
	}
	return out
}

// row returns the row key of the i-th value of a tag.
func (k key) row(tag page.Tag, i int) (out rowKey) {
	h := hmac.New(sha256.New, k.expand("index"))
	h.Write(binary.BigEndian.AppendUint16(tag[:], uint16(i)))
	copy(out[:], h.Sum(nil))
	return out
}

// days are the keys of one kind of file.
type days map[schema.Day]key

// keyFile is the file of keys.
type keyFile struct {
	Form   int  `json:"form"`
	Grants days `json:"grants"`
	Notes  days `json:"notes"`
}

// readKeys reads the keys. A file that is damaged is replaced: what it opened is
// lost, which costs codes that live for a day, and notes.
func readKeys(secrets *secret.Box) (f keyFile, lost bool, err error) {
	b, err := secrets.Read(KeysFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return newKeyFile(), false, nil
	case errors.Is(err, durable.ErrDamaged):
		return newKeyFile(), true, nil
	case err != nil:
		return f, false, fmt.Errorf("read keys of the daybook: %w", err)
	}
	if err := json.Unmarshal(b, &f); err != nil || f.Form != 1 || f.Grants == nil || f.Notes == nil {
		return newKeyFile(), true, nil
	}
	return f, false, nil
}

func newKeyFile() keyFile { return keyFile{Form: 1, Grants: days{}, Notes: days{}} }

// with returns the keys with a new one.
func (d days) with(day schema.Day) days {
	out := maps.Clone(d)
	var k key
	_, _ = rand.Read(k[:]) // crypto/rand.Read never returns an error
	out[day] = k
	return out
}

// without returns the keys without those of ended days, and whether there were
// any.
func (d days) without(ended func(schema.Day) bool) (out days, any bool) {
	out = maps.Clone(d)
	maps.DeleteFunc(out, func(day schema.Day, _ key) bool { return ended(day) })
	return out, len(out) < len(d)
}

func (f *keyFile) write(secrets *secret.Box) error {
	b, err := json.Marshal(f)
	if err == nil {
		err = secrets.Write(KeysFile, b)
	}
	if err != nil {
		return fmt.Errorf("keep keys of the daybook: %w", err)
	}
	return nil
}
