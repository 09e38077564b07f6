package vectors

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/schema"
)

type derivedVector struct {
	ID         octets `json:"id"`
	Day        uint32 `json:"day"`
	N          uint32 `json:"n"`
	Root       octets `json:"root"`
	DayKey     octets `json:"day_key"`
	PageKey    octets `json:"page_key"`
	MailboxTag octets `json:"mailbox_tag"`
	MailboxKey octets `json:"mailbox_key"`
}

// TestDerived freezes the keys that anon/page keeps to itself. They are computed
// here from the protocol with the standard library; that anon/page derives the same
// is frozen by the pages of page.json and the notes of note.json.
func TestDerived(t *testing.T) {
	var vs []derivedVector
	for _, id := range installations {
		vs = append(vs, derive(t, id, 0, 0), derive(t, id, 20778, 1), derive(t, id, 1<<32-1, 1<<32-1))
	}
	exact(t, "derived.json", "Keys that never leave their package, from the ID, the day and the number.", vs)
}

func derive(t *testing.T, id uuid.UUID, d schema.Day, n uint32) derivedVector {
	t.Helper()
	root, err := hkdf.Extract(sha256.New, id[:], []byte("tacit/v1"))
	if err != nil {
		t.Fatal(err)
	}
	day := expand(t, root, "day", d.Bytes())
	mailbox := hmac.New(sha256.New, expand(t, root, "mail", nil))
	mailbox.Write(d.Bytes())
	return derivedVector{
		ID: id[:], Day: uint32(d), N: n, Root: root, DayKey: day,
		PageKey:    expand(t, expand(t, day, "page", nil), "n", schema.Day(n).Bytes()),
		MailboxTag: mailbox.Sum(nil)[:16],
		MailboxKey: expand(t, root, "mailkey", d.Bytes()),
	}
}

// expand is X of the protocol's notation.
func expand(t *testing.T, key []byte, label string, rest []byte) []byte {
	t.Helper()
	k, err := hkdf.Expand(sha256.New, key, string(slices.Concat([]byte("tacit/v1/"+label), rest)), 32)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
