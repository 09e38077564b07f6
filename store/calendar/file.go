package calendar

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// File is the name of the calendar in the data directory. Who knows that the
// clock is right can remove it while no store runs: the next start takes what the
// clock says.
const File = "calendar.json"

const (
	fileVersion = 1
	maxFile     = 4 << 10 // bytes
)

var errDamaged = errors.New("the calendar is damaged")

// courseFile is the form of the file. Times are whole hours.
type courseFile struct {
	Version  int       `json:"version"`
	Believed time.Time `json:"believed"`
	Ran      int64     `json:"ran_s"`
	Sure     uint32    `json:"sure,omitempty"` // day number
	Other    time.Time `json:"other,omitzero"`
	OtherRan int64     `json:"other_ran_s,omitempty"`
	Likely   bool      `json:"likely,omitempty"`
}

// read reads what was believed last. Errors wrap fs.ErrNotExist or errDamaged.
func read(dir string) (course, error) {
	f, err := os.Open(filepath.Join(dir, File))
	if err != nil {
		return course{}, fmt.Errorf("read %s: %w", File, durable.Bare(err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return course{}, fmt.Errorf("read %s: %w", File, durable.Bare(err))
	}
	return parse(b)
}

func parse(b []byte) (course, error) {
	var f courseFile
	if len(b) > maxFile || json.Unmarshal(b, &f) != nil || f.Version != fileVersion {
		return course{}, errDamaged
	}
	c := course{
		believed: f.Believed.UTC(), ran: time.Duration(f.Ran) * time.Second, sure: schema.Day(f.Sure),
		otherRan: time.Duration(f.OtherRan) * time.Second, likely: f.Likely,
	}
	if !f.Other.IsZero() {
		c.other = f.Other.UTC()
	}
	return c, c.check()
}

// check refuses what no look leaves behind.
func (c *course) check() error {
	switch {
	case !possible(c.believed), c.ran < 0, c.ran > longProof, c.otherRan < 0, c.otherRan > shortProof:
	case !c.other.IsZero() && !possible(c.other), c.other.IsZero() && (c.otherRan > 0 || c.likely):
	case c.sure > 0 && !possible(c.sure.Time().Add(24*time.Hour-1)):
	default:
		return nil
	}
	return errDamaged
}

// marshal returns the file.
func (c *course) marshal() ([]byte, error) {
	b, err := json.Marshal(courseFile{
		Version: fileVersion, Believed: c.believed.Truncate(time.Hour), Ran: int64(c.ran / time.Second), Sure: uint32(c.sure),
		Other: c.other.Truncate(time.Hour), OtherRan: int64(c.otherRan / time.Second), Likely: c.likely,
	})
	return append(b, '\n'), err
}

func (c *course) write(dir string) error {
	b, err := c.marshal()
	if err == nil {
		err = durable.WriteFile(filepath.Join(dir, File), b, durable.OwnerFile)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", File, durable.Bare(err))
	}
	return nil
}
