package participation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

// witness is what is remembered outside the agent's directory, so that a copy
// of the directory that is put back cannot bring a yes back.
type witness struct {
	User *userRefusal `json:"user,omitempty"` // nil: no user refuses
	Site siteMemory   `json:"site"`
}

// userRefusal is the word of a user of this host.
type userRefusal struct {
	Since time.Time `json:"since,omitzero"`
	By    string    `json:"by"`
}

// loadWitness reads the file again if it changed. What cannot be read is kept
// as an error: it may hold a refusal.
func (r *Resolver) loadWitness() {
	if r.c.Witness == "" {
		return
	}
	info, err := os.Stat(r.c.Witness)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		r.witness, r.witnessAt, r.witnessErr = witness{}, nil, nil // there never was one, and none can be
		return
	case err != nil:
		r.witnessAt, r.witnessErr = nil, durable.Bare(err)
		return
	case sameFile(r.witnessAt, info):
		return
	}
	b, err := readOwner(r.c.Witness, maxSite)
	var w witness
	if err == nil && json.Unmarshal(b, &w) != nil {
		err = durable.ErrDamaged
	}
	if err != nil {
		r.witnessAt, r.witnessErr = nil, err
		return
	}
	r.witness, r.witnessAt, r.witnessErr = w, info, nil
}

// testify changes the witness. That it cannot be written is logged once and is
// no error: the directory has the same. The caller holds the lock of the
// directory.
func (r *Resolver) testify(change func(*witness)) {
	if err := r.changeWitness(change); err != nil {
		if !r.witnessTold {
			r.c.Logger.Warn("the note outside the agent's directory cannot be written; a backup of the directory could bring a decision back", slog.String("error", err.Error()))
		}
		r.witnessTold = true
		return
	}
	r.witnessTold = false
}

// takeBack takes a user's refusal out of the witness, if one is there.
func (r *Resolver) takeBack() error {
	if r.loadWitness(); r.witnessErr == nil && r.witness.User == nil {
		return nil
	}
	if err := r.changeWitness(func(w *witness) { w.User = nil }); err != nil {
		return fmt.Errorf("the note outside the agent's directory: %w; %s", err, witnessFix(err))
	}
	return nil
}

// witnessFix says what to do about a witness that cannot be read.
func witnessFix(err error) string {
	if errors.Is(err, durable.ErrDamaged) {
		return "`tacit on` or `tacit off` sets it aside and begins a new one"
	}
	return "let the agent alone read and write it"
}

// changeWitness writes the file anew. One that is damaged is set aside first.
func (r *Resolver) changeWitness(change func(*witness)) error {
	if r.c.Witness == "" {
		return nil
	}
	r.loadWitness()
	if errors.Is(r.witnessErr, durable.ErrDamaged) {
		if err := durable.SetAside(r.c.Witness); err != nil {
			return durable.Bare(err)
		}
		r.witness, r.witnessAt, r.witnessErr = witness{}, nil, nil
	}
	if r.witnessErr != nil {
		return r.witnessErr
	}
	w := r.witness
	if r.witnessAt == nil { // it begins with what the directory has
		w.User = r.refusalHere()
	}
	if !r.site.lost(w.Site) {
		w.Site = r.site.siteMemory
	}
	change(&w)
	return r.writeWitness(w)
}

func (r *Resolver) writeWitness(w witness) error {
	b, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("write witness: %w", err)
	}
	if err := durable.MakeOwnerDir(filepath.Dir(r.c.Witness)); err != nil {
		return durable.Bare(err)
	}
	if err := durable.WriteFile(r.c.Witness, append(b, '\n'), durable.OwnerFile); err != nil {
		return durable.Bare(err)
	}
	r.witness, r.witnessErr = w, nil
	r.witnessAt, err = os.Stat(r.c.Witness)
	return durable.Bare(err)
}

// refusalHere returns the refusal that the directory has; nil: none.
func (r *Resolver) refusalHere() *userRefusal {
	said := r.history.word
	_, err := os.Lstat(filepath.Join(r.dir, refusalFile))
	if err != nil && said.State != Off {
		return nil
	}
	if said.State != Off {
		said = Entry{Time: r.stamp(), By: "a user of this host"}
	}
	return &userRefusal{Since: said.Time, By: said.By}
}

// witnessOld lets the witness learn what the directory refused before there
// was one: an older build, or a witness that was removed.
func (r *Resolver) witnessOld() {
	r.loadMemory()
	if r.c.Observe || r.c.Witness == "" || r.loadHistory() != nil {
		return
	}
	r.loadWitness()
	here := r.refusalHere()
	if r.witnessErr != nil || r.witness.User != nil || here == nil {
		return
	}
	lock, err := datadir.TakeLock(r.dir, lockName)
	if err != nil {
		return // somebody is saying something, and will tell it
	}
	r.testify(func(w *witness) { w.User = here })
	if err := lock.Release(); err != nil {
		r.c.Logger.Warn("give the lock of participation back", slog.String("error", durable.Bare(err).Error()))
	}
}
