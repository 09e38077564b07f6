package attack

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// robbed is an installation of which a thief has everything but what lies on its
// own host, and what he makes of that.
type robbed struct {
	id     []byte
	hashes map[hashed]bool // that stand on its pages
	knows  []known         // what may be the key
	key    known           // what is; for the control
}

// rob has the host that runs on dir report, and then robs it. The thief finds as
// many hashes as there are fields, and nothing that is one of their values.
func rob(t *testing.T, dir string, fields []guarded) *robbed {
	t.Helper()
	up := rig.Tacit(t, "up", "--ports", "0", "--registry", filepath.Join("testdata", "hashed.yaml"), "--data", dir).Start(t, dir)
	up.WaitFor(t, "Ctrl-C ends it")
	answers, err := rig.OfferAs(t.Context(), dir, "guarded", rig.ProductVersion, offers(fields))
	if err != nil || slices.ContainsFunc(answers, func(a rig.Answer) bool { return !a.Accepted() }) {
		t.Fatalf("the agent takes %+v, %v", answers, err)
	}
	h := &robbed{id: unhex(t, strings.ReplaceAll(rig.ID(t, dir), "-", ""))}
	rig.Eventually(t, "what was reported is stored", func() bool {
		shown := rig.Tacit(t, "lookup", hex.EncodeToString(h.id), "--data", dir, "--json").Run(t).Stdout
		return len(hashesIn([]byte(shown))) == len(fields)
	})
	up.Interrupt(t)
	h.learn(t, dir)
	h.read(t, dir, fields)
	return h
}

// read opens the store as it lies on disk.
func (h *robbed) read(t *testing.T, dir string, fields []guarded) {
	t.Helper()
	opened, _ := robWithKeys(t, rows(t, steal(t, dir, "store")), monthSecrets(t, steal(t, dir, "keys")), h.id)
	h.hashes = map[hashed]bool{}
	for _, page := range opened {
		newUnpacker().each(page, func(_ string, b []byte) {
			for hash := range hashesIn(b) {
				h.hashes[hash] = true
			}
			for _, f := range fields {
				if len(f.value) >= shortest && bytes.Contains(b, []byte(f.value)) {
					t.Errorf("a page holds the value of %s %s", f.metric, f.label)
				}
			}
		})
	}
	if len(h.hashes) != len(fields) {
		t.Fatalf("%d pages hold %d hashes of %d fields", len(opened), len(h.hashes), len(fields))
	}
}

// digits are a hash as a page has it: a text of its own.
var digits = regexp.MustCompile(`\b[0-9a-f]{32}\b|x [0-9a-f]{32}`)

func hashesIn(b []byte) map[hashed]bool {
	out := map[hashed]bool{}
	for _, text := range digits.FindAll(b, -1) {
		var hash hashed
		_, _ = hex.Decode(hash[:], text[len(text)-32:]) // it is hex
		out[hash] = true
	}
	return out
}

// learn gathers all that may be the key: what others know of the host, what lies
// beside the store, and what is the same everywhere. The key itself, which lies on
// the host alone, is for the control.
func (h *robbed) learn(t *testing.T, dir string) {
	t.Helper()
	var host struct {
		Key    string `json:"hashing_key"`
		Writer string
	}
	var vendor struct {
		Seed       string `json:"vendor_seed"`
		Credential string
	}
	readInto(t, filepath.Join(dir, "agent", "installation.json"), &host)
	readInto(t, filepath.Join(dir, "keys", "up.json"), &vendor)
	h.key = known{"the hashing key", unhex(t, host.Key)}
	root, err := hkdf.Extract(sha256.New, h.id, []byte("tacit/v1"))
	if err != nil {
		t.Fatal(err)
	}
	h.knows = []known{
		{"the ID", h.id}, {"the ID's text", []byte(hex.EncodeToString(h.id))}, {"the ID's root", root}, {"the root's hash", expand(t, root, "hash")},
		{"the writer", unhex(t, host.Writer)}, // it stands on every page
		{"the vendor's seed", unhex(t, vendor.Seed)}, {"the credential", []byte(vendor.Credential)},
		{"nothing", nil}, {"zeros", make([]byte, 32)}, {"the product", []byte("guarded")}, {"the protocol", []byte("tacit/v1")},
	}
	month := bytesOfMonth(t, filepath.Join(dir, "keys"))
	h.knows = append(h.knows, known{"the store's secret", month}, known{"the store's index key", expand(t, month, "index")}, known{"the store's wrapping key", expand(t, month, "wrap")})
}

// bytesOfMonth returns the oldest secret that the store has.
func bytesOfMonth(t *testing.T, keys string) []byte {
	t.Helper()
	all := monthSecrets(t, keys)
	months := make([]string, 0, len(all))
	for month := range all {
		months = append(months, month)
	}
	return all[slices.Min(months)]
}

func readInto(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal("a secret is not written in hex")
	}
	return b
}
