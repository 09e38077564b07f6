package secret_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// TestFlippedBitsInPlainFiles flips every bit of plain files, one at a time:
// each is noticed, or what is read still holds all that was written.
func TestFlippedBitsInPlainFiles(t *testing.T) {
	for name, content := range map[string]string{
		"months.json": `{"version":1,"secret":"QG3sZoLK3yFbSzkR"}` + "\n",
		"vendor.key":  "-----BEGIN PRIVATE KEY-----\nQG3sZoLK3yFb\n-----END PRIVATE KEY-----\n",
	} {
		dir := filepath.Join(t.TempDir(), "keys")
		box, err := secret.Open(dir, nil)
		if err == nil {
			err = box.Write(name, []byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		sound, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 8 * len(sound) {
			hurt := append([]byte(nil), sound...)
			hurt[i/8] ^= 1 << (i % 8)
			if err := os.WriteFile(path, hurt, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := box.Read(name)
			switch {
			case err != nil && !errors.Is(err, durable.ErrDamaged):
				t.Errorf("%s, bit %d: %v, want %v", name, i, err, durable.ErrDamaged)
			case err == nil && string(got[max(0, len(got)-len(content)+1):]) != content[1:]:
				t.Errorf("%s, bit %d: read %q", name, i, got)
			}
		}
		if err := os.WriteFile(path, sound, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := box.Read(name); err != nil || string(got) != content {
			t.Errorf("%s as it was: %q, %v", name, got, err)
		}
	}
}
