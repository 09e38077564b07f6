package secret

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Passphrase returns the passphrase, when it is needed. A nil one means that
// the secrets are plain files.
type Passphrase func() ([]byte, error)

// CredentialName is the name under which a service manager keeps the
// passphrase: LoadCredentialEncrypted=tacit-store:FILE in a systemd unit.
const CredentialName = "tacit-store"

// maxPassphrase bounds a passphrase, in bytes.
const maxPassphrase = 4096

// FromFile reads the passphrase from a file that only its owner may read. The
// end of its line does not count; an empty one is refused.
func FromFile(path string) Passphrase { return from(path, durable.ReadOwnerFile) }

// FromCredentials reads the passphrase from the directory that the service
// manager made for this service alone ($CREDENTIALS_DIRECTORY of systemd.exec).
// Who may read it is the manager's concern: it grants the service's user by an
// access list, which the mode shows as rights of the group.
func FromCredentials(dir string) Passphrase {
	return from(filepath.Join(dir, CredentialName), os.ReadFile)
}

func from(path string, read func(path string) ([]byte, error)) Passphrase {
	return func() ([]byte, error) {
		info, err := os.Stat(path)
		if err == nil && (!info.Mode().IsRegular() || info.Size() > maxPassphrase) {
			err = fmt.Errorf("%s is no file of at most %d bytes; fix: write one line", path, maxPassphrase)
		}
		var b []byte
		if err == nil {
			b, err = read(path)
		}
		if err != nil {
			return nil, fmt.Errorf("read passphrase: %w", err)
		}
		if b, err = trim(b); err != nil {
			return nil, fmt.Errorf("read passphrase %s: %w", path, err)
		}
		return b, nil
	}
}

// FromBytes is a passphrase that was given.
func FromBytes(b []byte) Passphrase {
	return func() ([]byte, error) {
		p, err := trim(b)
		if err != nil {
			return nil, fmt.Errorf("take passphrase: %w", err)
		}
		return p, nil
	}
}

// trim drops the end of the line, and refuses what is no passphrase.
func trim(b []byte) ([]byte, error) {
	b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte{'\n'}), []byte{'\r'})
	switch {
	case len(b) == 0:
		return nil, errors.New("it is empty; fix: write one line that nobody guesses, such as the output of: openssl rand -base64 24")
	case len(b) > maxPassphrase:
		return nil, fmt.Errorf("it is longer than %d bytes; fix: write one line", maxPassphrase)
	case bytes.ContainsAny(b, "\n\r"):
		return nil, errors.New("it has more than one line; fix: write one line")
	}
	return b, nil
}
