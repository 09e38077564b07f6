package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// witness is what the file outside the directory knows of the log. The zero
// witness says that a log is about to begin.
type witness struct {
	Revision uint64         `json:"revision"` // the highest
	Lines    int            `json:"lines"`    // of the log
	Head     durable.Digest `json:"head"`     // of the last of these
}

// maxWitness bounds the file, in bytes.
const maxWitness = 4 << 10

// above says whether w saw more than old, which may be none. A log that was
// begun anew has fewer lines and a higher revision.
func (w witness) above(old *witness) bool {
	return old == nil || w.Revision > old.Revision || w.Revision == old.Revision && w.Lines > old.Lines
}

// highest returns the witness that saw more; nil when there is none.
func highest(a, b *witness) *witness {
	if a != nil && a.above(b) {
		return a
	}
	return b
}

// readWitness returns fs.ErrNotExist when there is none.
func readWitness(path string) (*witness, error) {
	b, err := readFile(path, maxWitness, os.ReadFile)
	if errors.Is(err, syscall.ENOTDIR) {
		return nil, fs.ErrNotExist // where no file can be, there is none
	}
	if err != nil {
		return nil, err
	}
	var w witness
	if err := json.Unmarshal(b, &w); err != nil || w.Lines < 0 || w.Revision > maxRevision || w.Lines == 0 && w.Revision > 0 {
		return nil, errors.New("it does not have its form")
	}
	return &w, nil
}

// writeWitness replaces the file, synced. The caller holds the lock of the
// directory, and has seen that w is above what stands there.
func (p *Policy) writeWitness(w witness) error {
	b, err := json.Marshal(w)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(p.c.Witness), durable.OwnerDir)
	}
	if err == nil {
		err = durable.WriteFile(p.c.Witness, append(b, '\n'), durable.OwnerFile)
	}
	p.witnessErr = nil
	if err != nil {
		p.witnessErr = fmt.Errorf("write the witness: %w", bare(err))
	}
	return p.witnessErr
}

// readFile reads a small file with read. Its errors name no path.
func readFile(path string, limit int64, read func(string) ([]byte, error)) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, bare(err)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("it has more than %d bytes", limit)
	}
	b, err := read(path)
	return b, bare(err)
}

// bare is [durable.Bare] with what to do about a file that others can read.
func bare(err error) error {
	if errors.Is(err, durable.ErrExposed) {
		return fmt.Errorf("%w; set its mode to 0600", durable.ErrExposed)
	}
	return durable.Bare(err)
}
