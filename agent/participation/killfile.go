package participation

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// killFileInput looks for the kill file. Anything of that name counts, also a
// directory or a link that leads nowhere.
func killFileInput(path string) Input {
	in := Input{Name: "kill_file", Source: shown(path)}
	info, err := os.Lstat(path)
	switch {
	case err == nil:
		in.Value, in.Says, in.Since = "there", Off, info.ModTime().UTC().Truncate(time.Second)
		in.Reason = fmt.Sprintf("The kill file %s is there; remove it to allow telemetry.", in.Source)
	case errors.Is(err, fs.ErrNotExist):
		in.Says, in.Reason = NoOpinion, "There is no kill file."
	default:
		in.Says, in.Value = Unknown, "unreadable"
		in.Reason = fmt.Sprintf("It cannot be told whether the kill file %s is there (%v); make its directory readable.", in.Source, durable.Bare(err))
	}
	return in
}
