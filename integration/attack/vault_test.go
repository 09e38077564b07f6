package attack

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// The form of a sealed secret:
//
//	magic 16 | u32 memory KiB | u32 passes | u8 threads | salt 16 | nonce 24 | sealed
//	sealed = XChaCha20-Poly1305(argon2id(passphrase, salt), nonce, content, aad = magic … salt | file's name)
const (
	vaultMagic = "tacit sealed 01\n"
	vaultHead  = len(vaultMagic) + 4 + 4 + 1 + 16
)

// crack opens a sealed secret with a passphrase, or says false.
func crack(b []byte, name, passphrase string) ([]byte, bool) {
	if len(b) < vaultHead || !bytes.HasPrefix(b, []byte(vaultMagic)) {
		return nil, false
	}
	head := b[:vaultHead]
	cost := head[len(vaultMagic):]
	key := argon2.IDKey([]byte(passphrase), cost[9:], binary.BigEndian.Uint32(cost[4:]), binary.BigEndian.Uint32(cost), cost[8], chacha20poly1305.KeySize)
	return unseal(key, b[vaultHead:], append(bytes.Clone(head), name...))
}

// monthSecrets returns S of the oldest month and of those after it, from the
// keys directory, if its secret is not sealed or one of the passphrases opens it.
func monthSecrets(t testing.TB, keys string, passphrases ...string) map[string][]byte {
	t.Helper()
	const name = "months.json"
	b, err := os.ReadFile(filepath.Join(keys, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range passphrases {
		if plain, ok := crack(b, name, p); ok {
			b = plain
			break
		}
	}
	var f struct {
		Oldest string `json:"oldest"`
		Secret []byte `json:"secret"`
	}
	if json.Unmarshal(b, &f) != nil {
		return nil // it is sealed
	}
	month, err := time.Parse("2006-01", f.Oldest)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for range 60 {
		out[month.Format("2006-01")] = f.Secret
		f.Secret, month = expand(t, f.Secret, "next"), month.AddDate(0, 1, 0)
	}
	return out
}
