package upkeep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// recallsFile notes what was recalled, beside the secrets, so that a backup
// from before does not bring it back.
const recallsFile = "recalls.json"

// maxRecalls bounds the note; the oldest go.
const maxRecalls = 1000

type recallsJSON struct {
	Version int          `json:"version"`
	Recalls []recallJSON `json:"recalls"`
}

// recallJSON is a [Recall] in the note and on the socket.
type recallJSON struct {
	Release uint32 `json:"registry,omitempty"`
	Version string `json:"agent,omitempty"`
	From    string `json:"from"`
	To      string `json:"to"`
	DryRun  bool   `json:"dry_run,omitempty"`
}

func recallForm(r Recall) recallJSON {
	return recallJSON{Release: uint32(r.Release), Version: r.Version, From: r.From.String(), To: r.To.String(), DryRun: r.DryRun}
}

// recall returns the recall, checked. Errors wrap [ErrRecall].
func (j recallJSON) recall() (Recall, error) {
	from, err := time.Parse(time.DateOnly, j.From)
	to, err2 := time.Parse(time.DateOnly, j.To)
	if errors.Join(err, err2) != nil {
		return Recall{}, fmt.Errorf("%w: a day is not written as 2026-11-21", ErrRecall)
	}
	r := Recall{
		Release: schema.Release(j.Release), Version: j.Version,
		From: schema.DayOf(from), To: schema.DayOf(to), DryRun: j.DryRun,
	}
	return r, r.check()
}

// readRecalls returns what was recalled so far.
func readRecalls(box *secret.Box) ([]Recall, error) {
	b, err := box.Read(recallsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var f recallsJSON
	if err := json.Unmarshal(b, &f); err != nil || f.Version != 1 {
		return nil, fmt.Errorf("%s %w", recallsFile, durable.ErrDamaged)
	}
	out := make([]Recall, 0, len(f.Recalls))
	for _, j := range f.Recalls {
		r, err := j.recall()
		if err != nil {
			return nil, fmt.Errorf("%s %w", recallsFile, durable.ErrDamaged)
		}
		out = append(out, r)
	}
	return out, nil
}

// noteRecall adds r, unless it is there.
func noteRecall(box *secret.Box, r Recall) error {
	known, err := readRecalls(box)
	if err != nil || slices.Contains(known, r) {
		return err
	}
	known = append(known, r)
	known = known[max(0, len(known)-maxRecalls):]
	f := recallsJSON{Version: 1}
	for _, r := range known {
		f.Recalls = append(f.Recalls, recallForm(r))
	}
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return box.Write(recallsFile, append(b, '\n'))
}
