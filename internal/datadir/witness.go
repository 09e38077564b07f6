package datadir

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
)

// Witness returns the path of a small file outside the data directory in which
// one part, "agent" or "relay", remembers that somebody refused: a copy of the
// directory that was made before the refusal, and is put back after it, cannot
// bring the yes back. It lies in the user's configuration directory, or, for
// a service that has none, beside the system's data directory; its name is derived from the directory's,
// so that two directories have two.
func (d Dir) Witness(part string) string {
	path, err := filepath.Abs(string(d))
	if err != nil {
		path = string(d)
	}
	sum := sha256.Sum256([]byte(path))
	name := part + "-" + hex.EncodeToString(sum[:8]) + ".json"
	if dir, err := os.UserConfigDir(); err == nil {
		return filepath.Join(dir, "tacit", "witness", name)
	}
	return filepath.Join(string(System())+".witness", name)
}
