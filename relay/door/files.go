package door

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// The stream's files are soft state: sealed envelopes that their agents have
// too, and send again. So files that the server cannot use are no reason to
// stand still: they are removed, and a new stream begins. They are not kept for
// a look: whoever keeps them keeps envelopes longer than a broker may.

// ErrNoRoom says that the disk has no room for a new stream. Make room, and the
// relay goes on by itself.
var ErrNoRoom = errors.New("the disk has no room for the stream")

// probeSize is what must be free for JetStream to write at all: a crate.
const probeSize = 1 << 20

// gone is the suffix under which discarded files wait for their removal.
const gone = ".gone"

// ReopenStream closes the stream's files and opens them anew, for a server that
// met a full or failing disk and has forgotten how to write. With discard they
// are removed first and counted; then the edge's part must make the stream
// again. No connection ends. The error wraps [ErrNoRoom] when the disk is full:
// then nothing was closed or removed.
func (d *Door) ReopenStream(ctx context.Context, discard bool) error {
	d.files.Lock()
	defer d.files.Unlock()
	if d.srv == nil || !d.srv.Running() || d.cfg.StreamDir == "" {
		return fmt.Errorf("reopen the stream: %w", ErrStopped)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("reopen the stream: %w", err)
	}
	if err := d.StreamRoom(); err != nil {
		return err
	}
	if err := d.srv.ShutdownJetStream(); err != nil {
		return fmt.Errorf("close the stream: %w", err)
	}
	if discard {
		if err := d.discard(); err != nil {
			return err
		}
	}
	return d.enable()
}

// StreamRoom says whether the stream's disk takes a crate; else the error wraps
// [ErrNoRoom].
func (d *Door) StreamRoom() error {
	if err := durable.MakeOwnerDir(d.cfg.StreamDir); err != nil {
		return fmt.Errorf("make the stream's directory: %w", err)
	}
	f, err := os.CreateTemp(d.cfg.StreamDir, "room-*")
	if err == nil {
		_, err = f.Write(make([]byte, probeSize))
		err = errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, winDiskFull):
		return ErrNoRoom
	}
	return fmt.Errorf("write into the stream's directory: %w", durable.Bare(err))
}

// winDiskFull is what Windows answers on a full disk; its syscall package has
// another number under the portable name.
const winDiskFull = syscall.Errno(112)

// StreamThere says whether the stream's files are there, in the directory that
// was opened: the server goes on writing into files that somebody has removed,
// and says that all is well.
func (d *Door) StreamThere() bool {
	d.files.Lock()
	defer d.files.Unlock()
	if d.root == nil {
		return false
	}
	now, err := os.Stat(d.jetstreamDir())
	if err != nil || !os.SameFile(d.root, now) {
		return false
	}
	for _, name := range []string{server.JetStreamMetaFile, "msgs", "obs"} {
		if _, err := os.Stat(filepath.Join(d.jetstreamDir(), accountEdge, "streams", stream, name)); errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return true
}

// jetstreamDir is where JetStream puts its files below the directory that it is
// given.
func (d *Door) jetstreamDir() string { return filepath.Join(d.cfg.StreamDir, server.JetStreamStoreDir) }

// discard removes the stream's files, of which the server has let go. A rename
// comes first, so that a removal that a crash cuts short leaves no half stream.
func (d *Door) discard() error {
	d.root = nil
	dir := d.cfg.StreamDir
	if err := removeGone(dir); err != nil {
		return err
	}
	if err := os.Rename(dir, dir+gone); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove a damaged stream: %w", durable.Bare(err))
	}
	if err := removeGone(dir); err != nil {
		return err
	}
	d.counts.discarded.Add(1)
	d.cfg.Logger.Warn("the stream's files could not be used and were removed; agents send again what was in them",
		slog.Uint64("times", d.counts.discarded.Load()))
	if err := durable.MakeOwnerDir(dir); err != nil {
		return fmt.Errorf("make the stream's directory: %w", err)
	}
	return nil
}

func removeGone(dir string) error {
	if err := os.RemoveAll(dir + gone); err != nil {
		return fmt.Errorf("remove a damaged stream: %w", durable.Bare(err))
	}
	return nil
}

// distrust removes what the server would believe unseen, before it opens the
// stream: the index of the blocks, without which it checks every message's sum,
// and the place of each consumer, which begins anew anyhow. With the index, one
// flipped bit in a message's number makes the server take all the memory there
// is, at every start (nats-server 2.14.9, indexCacheBuf).
func (d *Door) distrust() error {
	streams := filepath.Join(d.jetstreamDir(), accountEdge, "streams")
	for _, pattern := range []string{filepath.Join("*", "msgs", "index.db"), filepath.Join("*", "obs", "*", "o.dat")} {
		files, err := filepath.Glob(filepath.Join(streams, pattern))
		for _, file := range files {
			err = errors.Join(err, os.RemoveAll(file))
		}
		if err != nil {
			return fmt.Errorf("open the stream: %w", durable.Bare(err))
		}
	}
	return nil
}

// enable opens the stream's files in the running server. The library may panic
// over what lies there.
func (d *Door) enable() (err error) {
	defer func() {
		if p := recover(); p != nil {
			d.cfg.Logger.Debug("the embedded server panicked over the stream's files", slog.String("stack", string(debug.Stack())))
			err = errors.New("open the stream: the embedded server cannot read its files")
		}
	}()
	if err := d.distrust(); err != nil {
		return err
	}
	if !d.srv.JetStreamEnabled() {
		c := &server.JetStreamConfig{StoreDir: d.cfg.StreamDir, MaxStore: maxStore, MaxMemory: maxMemory, SyncAlways: true}
		if err := d.srv.EnableJetStream(c); err != nil {
			return fmt.Errorf("open the stream: %w", durable.Bare(err))
		}
	}
	if err := d.edge.EnableJetStream(nil, nil); err != nil {
		return fmt.Errorf("open the stream: %w", durable.Bare(err))
	}
	d.root, err = os.Stat(d.jetstreamDir())
	if err != nil {
		return fmt.Errorf("open the stream: %w", durable.Bare(err))
	}
	return nil
}
