package db

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// checkExt ends the name of the file that ties a half to its month's secret,
// made with the half and removed when either is forgotten. A half without one is
// taken as it is.
//
//	check = X(S(m), "check")[:16] | u32 CRC-32C of it
const checkExt = ".check"

var (
	// errOther says that a half was written under another secret.
	errOther = errors.New("these keys belong to another store, or this month does")
	// errCheck says that nobody can tell under which.
	errCheck = fmt.Errorf("the file that tells which keys it was written under: %w", ErrDamaged)
)

// check returns what ties a half of month m to its secret, or nothing when that
// is forgotten.
func (r *ring) check(m schema.Month) ([]byte, error) {
	k, err := r.keys(m)
	if errors.Is(err, ErrForgotten) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint32(k.Check[:], crc32.Checksum(k.Check[:], castagnoli)), nil
}

// compareCheck holds the half at path to have been written under the secret that
// want is of. It says whether there was something to compare: not beside a half
// that Badger did not make, where a crash may have left a part of it.
func compareCheck(path string, want []byte) (compared bool, err error) {
	if _, err := os.Stat(filepath.Join(path, badger.ManifestFilename)); err != nil {
		return false, ignoreGone(err)
	}
	got, err := os.ReadFile(path + checkExt)
	if errors.Is(err, fs.ErrNotExist) || err == nil && want == nil {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	n := len(got) - crc32.Size
	if n != len(MonthKeys{}.Check) || crc32.Checksum(got[:n], castagnoli) != binary.BigEndian.Uint32(got[n:]) {
		return false, errCheck
	}
	if subtle.ConstantTimeCompare(got, want) != 1 {
		return true, errOther
	}
	return true, nil
}

// makeCheck writes the check of a half that Badger is about to make. It leaves
// no other file behind, whenever it ends, that would outlive the secret.
func makeCheck(path string, want []byte) error {
	if _, err := os.Stat(filepath.Join(path, badger.ManifestFilename)); want == nil || !errors.Is(err, fs.ErrNotExist) {
		return ignoreGone(err)
	}
	f, err := os.OpenFile(path+checkExt, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, durable.OwnerFile)
	if err != nil {
		return err
	}
	_, err = f.Write(want)
	return errors.Join(err, f.Sync(), f.Close())
}

// belongs refuses keys that none of the data was written under. What only some
// of it was not written under is said when that is opened.
func (r *ring) belongs(dir string) error {
	have, err := months(dir)
	if err != nil {
		return err
	}
	var other error
	for _, m := range have {
		want, err := r.check(m)
		if err != nil {
			return err
		}
		for _, h := range halves {
			compared, err := compareCheck(halfPath(dir, m, h), want)
			switch {
			case errors.Is(err, errOther):
				other = fmt.Errorf("%s of month %s: these keys belong to another store: %w: put back the keys directory that belongs to this data", h, m, ErrNoKeys)
			case compared:
				return nil
			}
		}
	}
	return other
}

// forgetCheck removes what is left of the secret of month m in its sums, which
// stay.
func forgetCheck(dir string, m schema.Month) error {
	path := halfPath(dir, m, SumsHalf) + checkExt
	if err := os.Remove(path); err != nil {
		return ignoreGone(err)
	}
	return durable.SyncDir(filepath.Dir(path))
}
