package upload

import (
	"context"
	"errors"
	"fmt"
)

// note keeps what went wrong for people, and logs a change of it.
func (e *Eraser) note(err error) {
	sentence := ""
	if err != nil && !errors.Is(err, context.Canceled) {
		sentence = eraseTrouble(err)
	}
	e.mu.Lock()
	was := e.trouble
	e.trouble = sentence
	e.mu.Unlock()
	if sentence != "" && sentence != was {
		e.config.Logger.Warn("erase: " + sentence)
	}
}

// eraseTrouble returns the sentence for what ended a round.
func eraseTrouble(err error) string {
	if failed, ok := errors.AsType[*dialError](err); ok {
		return dialTrouble(failed.cause)
	}
	if s := keyTrouble(err); s != "" {
		return s
	}
	switch {
	case errors.Is(err, errEraseClock):
		return "The clock of this host is not set: set it, and the erasure goes on."
	case errors.Is(err, ErrNoKey):
		return badKeys
	case errors.Is(err, ErrLater):
		return "The relay asks to wait: it takes so many erasures a day."
	case errors.Is(err, ErrSiteOff):
		return "The relay does not let the erasure pass: it is too old, or its site is cut off."
	case errors.Is(err, ErrNoReply):
		return "The store did not answer in time: it, or a relay on the way, is away."
	}
	return "The connection to the relay ended before the store had answered."
}

// errEraseClock says that no certificate can be judged.
var errEraseClock = fmt.Errorf("%w: the clock of this host is not set", ErrHeld)
