package upkeep

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// CheckBackup reads a backup to its end and writes nothing. Errors wrap
// [ErrBackup] or [ErrNoSecret].
func CheckBackup(ctx context.Context, file string, box *secret.Box, p Progress) (Backed, error) {
	key, err := secretFor(file, box)
	if err != nil {
		return Backed{}, fmt.Errorf("check backup: %w", err)
	}
	out, _, err := readFile(ctx, file, key, sink{
		head: func(headPart) error { return nil },
		rows: func(context.Context, schema.Month, db.Half, []byte) error { return nil },
		end:  func(context.Context, schema.Month, db.Half, endPart) error { return nil },
	}, "check", seldom(p))
	if err != nil {
		return Backed{}, fmt.Errorf("check backup: %w", err)
	}
	return out, nil
}

// readFile reads the backup in a file, and says how far it is.
func readFile(ctx context.Context, file string, key BackupSecret, s sink, act string, p Progress) (Backed, closePart, error) {
	f, err := os.Open(file)
	if err != nil {
		return Backed{}, closePart{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Backed{}, closePart{}, err
	}
	told := &counted{r: f, tell: func(n int64) { p(Step{Act: act, Done: n, Total: info.Size()}) }}
	return readBackup(ctx, bufio.NewReaderSize(told, 1<<20), key, s)
}

// counted tells how much was read.
type counted struct {
	r    io.Reader
	n    int64
	tell func(n int64)
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	c.tell(c.n)
	return n, err
}
