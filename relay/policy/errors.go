package policy

import (
	"errors"
	"fmt"
)

// ConflictError says that somebody else saved since the settings were read.
// Nothing was saved: show what changed and let the administrator decide again,
// over the new revision.
type ConflictError struct{ Now State }

// Error names the revision that holds now.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("somebody else changed the policy meanwhile: it is at revision %d now; look at it and save again", e.Now.Policy.Revision)
}

// ErrFull says that the history takes no more notes; decisions still have
// space. Drop the note, and say so to whoever wanted it.
var ErrFull = errors.New("the history takes no more notes")
