package upkeep

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/ingest"
)

// TestVerifyReadsTheSecrets: one that is damaged or missing is a finding with its
// name, and nothing is made in its place.
func TestVerifyReadsTheSecrets(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 3)
	h.backup() // makes the secret of backups
	recall := Recall{Version: oldBuild.Version, From: h.today, To: h.today + schema.Day(1)}
	if err := noteRecall(h.box, recall); err != nil {
		t.Fatal(err)
	}
	if r, err := h.up.Verify(t.Context(), nil); err != nil || !r.Sound {
		t.Fatalf("a whole store: %+v, %v", r, err)
	}
	for _, name := range []string{"months.json", "envelope.json", ingest.VendorFile, secretFile, recallsFile} {
		path := filepath.Join(h.keys, name)
		good := readFileOf(t, path)
		flipped := append([]byte{}, good...)
		flipped[len(flipped)/2] ^= 1
		for how, content := range map[string][]byte{"missing": nil, "empty": {}, "garbage": []byte("\x00garbage\xff"), "half": good[:len(good)/2], "a bit": flipped} {
			t.Run(name+" is "+how, func(t *testing.T) {
				putFile(t, path, content)
				r, err := h.up.Verify(t.Context(), nil)
				is, _ := os.ReadFile(path)
				if string(is) != string(content) {
					t.Error("verify changed it")
				}
				if made := how == "missing" && (name == secretFile || name == recallsFile); err != nil || r.Sound != made {
					t.Fatalf("%+v, %v", r, err)
				} else if made {
					return
				}
				if f := r.Findings; len(f) != 1 || !strings.Contains(f[0].What, name) || f[0].Fix != fixSecret {
					t.Errorf("%+v", f)
				}
			})
		}
		putFile(t, path, good)
	}
}

// TestVerifyKnowsWhereTheVendorsKeyMayLie: elsewhere, or in the house of tacit up.
func TestVerifyKnowsWhereTheVendorsKeyMayLie(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 3)
	_, public, err := ingest.ReadVendorKey(h.box)
	if err != nil {
		t.Fatal(err)
	}
	putFile(t, filepath.Join(h.keys, ingest.VendorFile), nil)
	for _, tt := range []struct {
		name, content string
		sound         bool
	}{
		{ingest.VendorPublicFile, hex.EncodeToString(public), true}, {ingest.VendorPublicFile, "none", false},
		{houseFile, `{"vendor_seed":"00"}`, true}, {houseFile, "", false},
	} {
		path := filepath.Join(h.keys, tt.name)
		putFile(t, path, []byte(tt.content))
		if r, err := h.up.Verify(t.Context(), nil); err != nil || r.Sound != tt.sound {
			t.Errorf("%s %q: %+v, %v", tt.name, tt.content, r, err)
		}
		putFile(t, path, nil)
	}
}
