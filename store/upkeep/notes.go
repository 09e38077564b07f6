package upkeep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// notesFile is what upkeep notes in the data directory.
const notesFile = "upkeep.json"

// notes are the retention of the store that ran last, 0 when none did.
type notes struct {
	path      string
	retention int
}

type notesJSON struct {
	Retention int `json:"retention_days,omitempty"`
}

// readNotes reads the notes in a data directory. Damaged ones are like none: the
// store writes its retention when it starts.
func readNotes(dir string, log *slog.Logger) (*notes, error) {
	n := &notes{path: filepath.Join(dir, notesFile)}
	b, err := os.ReadFile(n.path)
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read notes of upkeep: %w", err)
	}
	var f notesJSON
	if json.Unmarshal(b, &f) != nil || f.Retention < 0 {
		log.Warn("notes of upkeep are damaged; they are made anew", slog.String("file", notesFile))
		return n, nil
	}
	n.retention = f.Retention
	return n, nil
}

func (n *notes) write() error {
	b, err := json.Marshal(notesJSON{Retention: n.retention})
	if err == nil {
		err = durable.WriteFile(n.path, append(b, '\n'), durable.OwnerFile)
	}
	if err != nil {
		return fmt.Errorf("write notes of upkeep: %w", durable.Bare(err))
	}
	return nil
}

// kept returns how many days pages are kept.
func (n *notes) kept() schema.Day {
	if n.retention == 0 {
		return defaultRetention
	}
	return schema.Day(n.retention)
}
