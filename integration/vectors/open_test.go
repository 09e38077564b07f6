package vectors

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// shown is what open.py prints, of all its commands.
type shown struct {
	UUID     string          `json:"uuid"`
	Spoken   string          `json:"spoken"`
	Kind     string          `json:"kind"`
	Payload  octets          `json:"payload"`
	BodyKey  octets          `json:"body_key"`
	ReplyKey octets          `json:"reply_key"`
	Fragment fragmentContent `json:"fragment"`
	N        uint32          `json:"n"`
	Date     string          `json:"date"`
	Records  []struct {
		Metric string `json:"metric"`
		Value  any    `json:"value"`
	} `json:"records"`
	Status string       `json:"status"`
	Batch  octets       `json:"batch"`
	Keys   []keyContent `json:"keys"`
}

// openPython runs open.py and reads the object that it prints.
func openPython(t *testing.T, args ...string) (s shown) {
	t.Helper()
	out, ok := runPython(t, append([]string{"open.py"}, args...)...)
	if !ok {
		t.Fatalf("open.py %s: %s", args[0], out)
	}
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatalf("open.py %s printed %q: %v", args[0], out, err)
	}
	return s
}

// newlySealed are the forms as Tacit seals them now, not as it once did: files
// of one envelope of a page, the page in it, a reply and a key list.
func newlySealed(t *testing.T) (files map[string]string, v envelopeVector) {
	t.Helper()
	key, err := envelope.ParsePrivateKey(storeKeyID, storeKeyStart, storeKey)
	if err != nil {
		t.Fatal(err)
	}
	v = sealEnvelope(t, key, 1)
	outer, err := wire.ParseEnvelope(v.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := envelope.Open(key, outer)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := envelope.SealReply(opened.ReplyKey, outer.Attempt, envelope.Reply{Status: wire.Stored, Day: 20778, Batch: opened.Batch})
	if err != nil {
		t.Fatal(err)
	}
	list := envelope.SignKeyList(vendorKey, &wire.KeyList{Version: 2, Suite: wire.SuiteX25519, Keys: []wire.Key{key.Public()}})
	files = map[string]string{}
	dir := t.TempDir()
	for name, b := range map[string][]byte{
		"envelope": v.Bytes, "page": opened.Payload, "reply": reply[:], "keylist": list, "cut": v.Bytes[:900],
		"fragment": sealEnvelope(t, key, 0).Bytes,
	} {
		files[name] = filepath.Join(dir, name)
		if err := os.WriteFile(files[name], b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files, v
}

func TestPythonOpensWhatIsSealedNow(t *testing.T) {
	t.Parallel()
	files, v := newlySealed(t)
	id := installations[0]

	byID := openPython(t, "id", identity.Spoken(id))
	equal(t, "ID", byID, shown{UUID: id.String(), Spoken: identity.Spoken(id)})

	byStore := openPython(t, "envelope", files["envelope"], "--store-key", hex.EncodeToString(storeKey))
	equal(t, "envelope with the store's key", []octets{byStore.Batch, byStore.BodyKey, byStore.ReplyKey}, []octets{v.Batch, v.BodyKey, v.ReplyKey})
	byBody := openPython(t, "envelope", files["envelope"], "--body-key", hex.EncodeToString(v.BodyKey))
	equal(t, "envelope with the body key", []any{byBody.Kind, octets(hashOf(byBody.Payload))}, []any{"page", v.PayloadHash})
	fragment := openPython(t, "envelope", files["fragment"], "--store-key", hex.EncodeToString(storeKey))
	equal(t, "fragment", fragment.Fragment, contentOf(fragments[1]))

	page := openPython(t, "page", files["page"], "--id", id.String())
	equal(t, "page", []any{page.N, page.Date, len(page.Records)}, []any{2, "2026-11-21", len(packedPages[1].Records)})
	equal(t, "first record", []any{page.Records[0].Metric, page.Records[0].Value}, []any{"os.type", "linux"})

	reply := openPython(t, "reply", files["reply"], "--reply-key", hex.EncodeToString(v.ReplyKey), "--attempt", hex.EncodeToString(v.Attempt))
	equal(t, "reply", []any{reply.Status, reply.Date, reply.Batch}, []any{"stored", "2026-11-21", v.Batch})
	list := openPython(t, "keylist", files["keylist"], "--vendor", hex.EncodeToString(vendorKey.Public().(ed25519.PublicKey)))
	equal(t, "key list", []uint32{list.Keys[0].ID, list.Keys[0].Start}, []uint32{storeKeyID, uint32(storeKeyStart)})
}

func TestPythonRefusesWhatDoesNotOpen(t *testing.T) {
	t.Parallel()
	files, v := newlySealed(t)
	wrong := strings.Repeat("42", 32)
	for name, args := range map[string][]string{
		"mistyped ID":          {"id", "3X8H-4417-E087-8V4H-AZZQ-779Y-PJX"},
		"another store's key":  {"envelope", files["envelope"], "--store-key", wrong},
		"another body key":     {"envelope", files["envelope"], "--body-key", wrong},
		"half an envelope":     {"envelope", files["cut"], "--body-key", hex.EncodeToString(v.BodyKey)},
		"another installation": {"page", files["page"], "--id", installations[1].String()},
		"an envelope as page":  {"page", files["envelope"], "--id", installations[0].String()},
		"another attempt":      {"reply", files["reply"], "--reply-key", hex.EncodeToString(v.ReplyKey), "--attempt", wrong[:32]},
		"another vendor":       {"keylist", files["keylist"], "--vendor", wrong},
		"no file":              {"keylist", files["page"] + ".gone", "--vendor", wrong},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, ok := runPython(t, append([]string{"open.py"}, args...)...)
			if ok || !strings.HasPrefix(out, "error: ") || strings.Count(out, "\n") != 1 {
				t.Errorf("printed %q, success %v; want one line error:", out, ok)
			}
		})
	}
}
