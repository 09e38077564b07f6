package datadir

import "path/filepath"

// Witness returns the path of a small file outside the data directory, in which
// one part, "agent" or "relay", remembers that somebody refused: a copy of the
// directory that was made before the refusal, and is put back after it, cannot
// bring the yes back. That of "desk" remembers how far the audit log went. It lies beside the directory, in one of the same name
// that ends in ".witness", whoever asks.
func (d Dir) Witness(part string) string {
	path, err := filepath.Abs(string(d))
	if err != nil {
		path = filepath.Clean(string(d)) // there is no working directory: as it is
	}
	return filepath.Join(path+".witness", part+".json")
}
