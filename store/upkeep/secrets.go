package upkeep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// houseFile is the secret of a store that tacit up runs, which has the vendor's key
// in it.
const houseFile = "up.json"

// verifySecrets reads every secret as who needs it does, for a store that does not
// start for want of one says so too late. A secret that is made when it is missing
// may be missing.
func (u *Upkeep) verifySecrets(r *Report) {
	box := u.cfg.Secrets
	_, backup := readSecret(box)
	_, recalls := readRecalls(box)
	for _, err := range []error{db.CheckKeys(box), ingest.CheckKeyring(box), checkVendor(box), backup, recalls} {
		if err != nil && !errors.Is(err, ErrNoSecret) {
			r.Findings = append(r.Findings, Finding{What: err.Error(), Fix: fixSecret})
		}
	}
}

// checkVendor looks for the vendor's key, in any of the forms that it may have.
func checkVendor(box *secret.Box) error {
	_, public, err := ingest.ReadVendorKey(box)
	if public != nil || err != nil {
		return err
	}
	b, err := box.Read(houseFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read vendor key: %s is missing", filepath.Join(box.Dir(), ingest.VendorFile))
	case err != nil:
		return fmt.Errorf("read vendor key: %w", err)
	case !json.Valid(b):
		return fmt.Errorf("read vendor key: %s in %s %w", houseFile, box.Dir(), durable.ErrDamaged)
	}
	return nil
}
