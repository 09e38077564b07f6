package policy

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Config says where the policy is kept and what holds until somebody decides.
type Config struct {
	// Dir is the policy's own directory, for its owner only; made when
	// missing. Required.
	Dir string
	// Witness is a file outside Dir, on a disk that survives what Dir
	// survives; its parents are made when missing. Required.
	Witness string
	// Defaults are the programmes' own: on, off, and held for one that asks.
	// The zero value holds everything. They count at the first start only.
	Defaults Settings
	// Release is of the registry in use. Defaults cover it, and Save takes none
	// above it. Zero covers nothing.
	Release uint32
	// Heartbeat is how often Push tells the policy though nothing changed;
	// 0: 30 s.
	Heartbeat time.Duration
	Now       func() time.Time // nil: time.Now
	Logger    *slog.Logger     // nil: nothing is logged
}

func (c Config) withDefaults() (Config, error) {
	switch {
	case c.Dir == "":
		return c, errors.New("open policy: no directory: set one of its own")
	case c.Witness == "":
		return c, errors.New("open policy: no witness: set a file outside the policy's directory")
	case inside(c.Dir, c.Witness):
		return c, errors.New("open policy: the witness lies in the policy's directory, and would be rolled back with it: set a file outside")
	case c.Heartbeat < 0:
		return c, fmt.Errorf("open policy: heartbeat %v: set a positive one, or zero for 30 s", c.Heartbeat)
	}
	if err := checkDefaults(c.Defaults); err != nil {
		return c, fmt.Errorf("open policy: %w", err)
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = 30 * time.Second
	}
	if c.Defaults.Level == "" {
		c.Defaults.Level = schema.Standard
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

func checkDefaults(s Settings) error {
	if s.CEIP > wire.SwitchOff || s.CSP > wire.SwitchOff {
		return errors.New("a default is none of on, off and held")
	}
	if s.Level != "" && s.Level != schema.Standard && s.Level != schema.Enhanced {
		return fmt.Errorf("default level: want %s or %s", schema.Standard, schema.Enhanced)
	}
	return nil
}

// inside says whether a file lies below a directory, by their names.
func inside(dir, file string) bool {
	rel, err := filepath.Rel(dir, file)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
