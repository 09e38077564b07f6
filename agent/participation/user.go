package participation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

const (
	refusalFile = "refused"
	lockName    = "participation"
	lockWait    = 2 * time.Second // for another process to finish its line
	maxBy       = 100             // bytes
)

// userInput reads what a user of this host last said.
func (r *Resolver) userInput() Input {
	in := Input{Name: "user", Source: "tacit off, tacit on"}
	damage := r.loadHistory()
	said := r.history.word
	if damage != nil {
		said = Entry{}
	}
	refusal, err := os.Lstat(filepath.Join(r.dir, refusalFile))
	switch {
	case r.held:
		in.Says = Off
		in.Reason = "A user of this host refused; the disk takes no note of it, so that it holds until this process ends; free some space and say `tacit off` again."
	case err == nil && said.State != Off:
		in.Says, in.Since = Off, refusal.ModTime().UTC().Truncate(time.Second)
		in.Reason = "A user of this host refused; the refusal is kept though the history does not end with it (a backup may have come back); `tacit on` turns it on."
	case err == nil || said.State == Off:
		in.Says, in.Since = Off, said.Time
		in.Reason = "A user of this host refused; `tacit on` takes that back."
	case r.witness.User != nil:
		in.Says, in.Since = Off, r.witness.User.Since
		in.Reason = "A user of this host refused; the agent's directory was replaced since, and the note outside it still says so; `tacit on` takes that back."
	case !errors.Is(err, fs.ErrNotExist):
		in.Says = Unknown
		in.Reason = fmt.Sprintf("What users of this host said cannot be read (%v); give the agent its directory back.", durable.Bare(err))
	case damage != nil:
		in.Says = Unknown
		in.Reason = fmt.Sprintf("What users of this host said is damaged (%v); `tacit on` or `tacit off` sets the damaged history aside and begins a new one.", damage)
	case r.witnessErr != nil:
		in.Says = Unknown
		in.Reason = fmt.Sprintf("The note outside the agent's directory, which remembers refusals, cannot be read: %s: %v; %s.", shown(r.c.Witness), r.witnessErr, witnessFix(r.witnessErr))
	case said.State == On:
		in.Says, in.Since, in.Reason = On, said.Time, "A user of this host said on."
	default:
		in.Says, in.Reason = NoOpinion, "No user of this host said on or off."
		return in
	}
	in.Value = in.Says.String()
	return in
}

// Off refuses, for good: after a nil error the refusal is on disk. Who says so
// is given in plain words without a name ("tacit off"). Whatever the error, the
// refusal holds in this process from now on. A witness that cannot be written is
// no error.
func (r *Resolver) Off(ctx context.Context, by string) error {
	err := r.refuse(by)
	r.mu.Lock()
	_ = r.endDebug() // in this process it has; the file says until when, and the next on is another word
	r.mu.Unlock()
	r.wake() // before the wait for other writers of the history
	said := r.say(ctx, Off, by)
	switch {
	case err != nil:
		return fmt.Errorf("keep the refusal: %w; it holds until this process ends: free some space and say off again", durable.Bare(err))
	case said != nil:
		return fmt.Errorf("write the history of the refusal, which holds: %w", durable.Bare(said))
	}
	return nil
}

// On takes a refusal back, here and in the witness, and says yes, as far as a
// user of this host can: a stricter input still wins. It also acknowledges the
// registry's release in use, where no site does. On an error the refusal stays.
func (r *Resolver) On(ctx context.Context, by string) error {
	defer r.wake()
	if err := r.say(ctx, On, by); err != nil {
		return fmt.Errorf("write the history of the yes: %w", durable.Bare(err))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := os.Remove(filepath.Join(r.dir, refusalFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take the refusal back: %w", durable.Bare(err))
	}
	r.held = false
	return durable.Bare(durable.SyncDir(r.dir))
}

// refuse makes the refusal's file, with a sentence for whoever finds it if
// there is room for one.
func (r *Resolver) refuse(by string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	path := filepath.Join(r.dir, refusalFile)
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	text := fmt.Sprintf("Telemetry is refused on this host (%s). While this file is here, nothing is sent.\n", plain(by))
	err := durable.WriteFile(path, []byte(text), durable.OwnerFile)
	if err != nil {
		err = r.refuseEmpty(path)
	}
	r.held = err != nil
	return err
}

// refuseEmpty makes the file without content: a full disk often has room for a
// name.
func (r *Resolver) refuseEmpty(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, durable.OwnerFile)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), durable.SyncDir(r.dir))
}

// say appends a user's word to the history, unless it is the last one already.
// A damaged history is set aside first.
func (r *Resolver) say(ctx context.Context, s State, by string) error {
	lock, err := r.takeLock(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	err = r.sayLocked(s, by)
	return errors.Join(err, lock.Release())
}

func (r *Resolver) sayLocked(s State, by string) error {
	r.loadMemory()
	if damage := r.loadHistory(); damage != nil {
		if err := r.setHistoryAside(); err != nil {
			return err
		}
	}
	if s == Off {
		r.testify(func(w *witness) { w.User = &userRefusal{Since: r.stamp(), By: plain(by)} })
	}
	if r.history.word.State != s {
		if err := r.appendEntry(Entry{Act: actSaid, State: s, By: plain(by)}); err != nil {
			return err
		}
	}
	m := r.memory
	if s == On {
		m.Release = max(m.Release, r.c.Release())
	}
	if err := r.saveMemory(m); err != nil || s == Off {
		return err
	}
	return r.takeBack()
}

// takeLock waits until no other process writes here.
func (r *Resolver) takeLock(ctx context.Context) (*datadir.Lock, error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		lock, err := datadir.TakeLock(r.dir, lockName)
		if _, held := errors.AsType[*datadir.HeldError](err); !held {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("another process writes there: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// plain bounds what a caller says of itself, and keeps it on one line.
func plain(by string) string {
	by = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return -1
		}
		return c
	}, by)
	if by == "" {
		return "a user of this host"
	}
	return by[:min(len(by), maxBy)]
}
