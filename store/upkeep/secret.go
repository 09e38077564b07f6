package upkeep

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// secretFile holds the secret that backups are sealed under.
const secretFile = "backup.json"

type secretJSON struct {
	Version int    `json:"version"`
	Secret  []byte `json:"secret"`
}

// readSecret returns the secret of backups. Errors wrap [ErrNoSecret].
func readSecret(box *secret.Box) (BackupSecret, error) {
	b, err := box.Read(secretFile)
	if errors.Is(err, fs.ErrNotExist) {
		return BackupSecret{}, fmt.Errorf("%w: put %s back into %s", ErrNoSecret, secretFile, box.Dir())
	}
	if err != nil {
		return BackupSecret{}, err
	}
	var f secretJSON
	if err := json.Unmarshal(b, &f); err != nil || f.Version != 1 || len(f.Secret) != len(BackupSecret{}) {
		return BackupSecret{}, fmt.Errorf("%s %w", secretFile, durable.ErrDamaged) // the library's text may quote the secret
	}
	return BackupSecret(f.Secret), nil
}

// secretFor returns the secret that opens a backup. That there is no such file is
// said first: before the first backup the secret is not there either, and nobody
// lost it.
func secretFor(file string, box *secret.Box) (BackupSecret, error) {
	if _, err := os.Stat(file); err != nil {
		return BackupSecret{}, err
	}
	return readSecret(box)
}

// ownSecret returns the secret of backups, and makes it at the first use.
func ownSecret(box *secret.Box) (BackupSecret, error) {
	s, err := readSecret(box)
	if !errors.Is(err, ErrNoSecret) {
		return s, err
	}
	_, _ = rand.Read(s[:]) // crypto/rand.Read never returns an error
	b, err := json.Marshal(secretJSON{Version: 1, Secret: s[:]})
	if err == nil {
		err = box.Write(secretFile, append(b, '\n'))
	}
	return s, err
}
