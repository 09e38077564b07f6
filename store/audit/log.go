package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

// logFile stands in [Config.Dir].
const logFile = "audit.log"

// Config says where a log lies.
type Config struct {
	Dir     string           // its own directory; required, made when missing
	Witness string           // a file outside Dir; required
	Now     func() time.Time // nil: time.Now
	Logger  *slog.Logger     // gets number and digest of each row, and troubles; nil: none
}

// Log is an audit log. Its methods may be called at the same time, and by
// several processes.
type Log struct {
	cfg Config

	mu      sync.Mutex
	chain   durable.Chain // as far as it was read
	entries []Entry
}

// Open opens the log, or the place where one will begin. A damaged log is no
// error here: [Log.Begin] refuses, and [Check] says what is wrong.
func Open(cfg Config) (*Log, error) {
	if cfg.Dir == "" || cfg.Witness == "" {
		return nil, errors.New("open the audit log: directory and witness must be set")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if err := durable.MakeOwnerDir(cfg.Dir); err != nil {
		return nil, fmt.Errorf("open the audit log: %w", durable.Bare(err))
	}
	return &Log{cfg: cfg}, nil
}

// Begin writes that somebody is about to do something, synced, and returns the
// number of the row for [Log.End]. With an error nothing may be done.
func (l *Log) Begin(ctx context.Context, e Entry) (int, error) {
	n, err := l.append(ctx, e)
	if err != nil {
		return 0, fmt.Errorf("write the audit log: %w", err)
	}
	return n, nil
}

// End writes how the act of a row ended, in one of the fixed words.
func (l *Log) End(ctx context.Context, of int, by string, from From, how string) error {
	if _, err := l.append(ctx, Entry{By: by, From: from, Act: Outcome, What: how, For: of}); err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	return nil
}

// Entries reads the whole log anew, and returns all entries, oldest first. With
// an error, those that could be read; it may be [ErrGone], which keeps nobody from
// beginning another.
func (l *Log) Entries(ctx context.Context) (out []Entry, err error) {
	err = l.locked(ctx, func() error {
		l.chain, l.entries = durable.Chain{}, nil
		err := l.read()
		if err == nil && len(l.entries) == 0 && l.began() {
			err = ErrGone
		}
		out = slices.Clone(l.entries)
		return err
	})
	return out, err
}

// Head returns the digest of the last row that was read or written.
func (l *Log) Head() durable.Digest {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.chain.Head()
}

// Limit is one that was reached: so many histories in so long a time.
type Limit struct {
	Most int
	Of   time.Duration
}

// Over returns the limit that somebody has reached; nil: he may open one more.
func (l *Log) Over(ctx context.Context, by string, now time.Time) (*Limit, error) {
	for _, limit := range []Limit{{Hourly, time.Hour}, {Daily, 24 * time.Hour}} {
		n, err := l.Asked(ctx, by, now.Add(-limit.Of))
		if err != nil {
			return nil, fmt.Errorf("count in the audit log: %w", err)
		}
		if n >= limit.Most {
			return &limit, nil
		}
	}
	return nil, nil
}

// Asked returns how often somebody opened a history since then, wherever he did.
func (l *Log) Asked(ctx context.Context, by string, since time.Time) (n int, err error) {
	err = l.locked(ctx, func() error {
		err := l.read()
		for _, e := range slices.Backward(l.entries) {
			// Clocks may have been set back: a day more is looked at.
			if e.Time.Before(since.Add(-24 * time.Hour)) {
				break
			}
			if e.By == by && (e.Act == Opened || e.Act == Again || e.Act == Exported) && e.Time.After(since) {
				n++
			}
		}
		return err
	})
	return n, err
}

// append writes one entry and then the witness.
func (l *Log) append(ctx context.Context, e Entry) (n int, err error) {
	err = l.locked(ctx, func() error {
		if err := l.read(); err != nil {
			return err
		}
		if err := l.beginAnew(); err != nil {
			return err
		}
		n, err = l.write(e)
		return err
	})
	return n, err
}

// write appends an entry to what was read. The caller has the lock.
func (l *Log) write(e Entry) (int, error) {
	e.Link, e.Time = l.chain.Next(), l.cfg.Now().UTC().Truncate(time.Second)
	e.By, e.Of = clean(e.By, MaxReason), clean(e.Of, MaxReason)
	e.Ticket, e.Reason = clean(e.Ticket, MaxTicket), clean(e.Reason, MaxReason)
	if l.chain.Size() > MaxSize {
		return 0, ErrFull
	}
	if err := l.chain.Append(l.path(), e); err != nil {
		return 0, durable.Bare(err)
	}
	l.entries = append(l.entries, e)
	head := l.chain.Head()
	l.cfg.Logger.Info("audit", slog.Int("row", e.N), slog.String("digest", hex.EncodeToString(head[:])))
	// The row is there: a log ahead of its witness is whole.
	if err := writeWitness(l.cfg.Witness, witness{Lines: e.N, Head: head}); err != nil {
		l.cfg.Logger.Warn("the witness of the audit log cannot be written; rows that go missing at its end would go unnoticed", slog.Any("err", durable.Bare(err)))
	}
	return e.N, nil
}

// beginAnew says in the first line that another log was here.
func (l *Log) beginAnew() error {
	w, err := readWitness(l.cfg.Witness)
	if len(l.entries) > 0 || err == nil && w.Lines == 0 || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, err = l.write(Entry{Act: Anew, What: fmt.Sprintf("before it: %d rows, the last with the digest %s", w.Lines, hex.EncodeToString(w.Head[:]))})
	return err
}

// began says whether the witness knows of rows.
func (l *Log) began() bool {
	w, err := readWitness(l.cfg.Witness)
	return err == nil && w.Lines > 0
}

func (l *Log) path() string { return filepath.Join(l.cfg.Dir, logFile) }

// read takes over what the file has more than was read before. The caller has
// the lock.
func (l *Log) read() error {
	f, err := os.Open(l.path())
	if errors.Is(err, fs.ErrNotExist) {
		l.chain, l.entries = durable.Chain{}, nil // moved away: another one begins
		return nil
	}
	if err != nil {
		return durable.Bare(err)
	}
	defer f.Close()
	b, err := l.news(f)
	if err != nil {
		return err
	}
	entries := l.entries
	chain, err := l.chain.Parse(b, func(line []byte) error {
		e, err := parseEntry(line)
		entries = append(entries, e)
		return err
	})
	l.chain, l.entries = chain, entries[:len(chain.Lines)]
	if err != nil {
		l.cfg.Logger.Error("the audit log is damaged", slog.Any("err", err))
		return ErrDamaged
	}
	if w, err := readWitness(l.cfg.Witness); err == nil && len(l.entries) > 0 && !l.chain.Has(w.Lines, w.Head) {
		return ErrCut
	}
	return nil
}

// news returns what stands in the file behind what was read.
func (l *Log) news(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, durable.Bare(err)
	}
	if info.Size() > MaxSize+MaxSize/8 {
		return nil, ErrFull
	}
	if info.Size() < l.chain.Size() {
		l.chain, l.entries = durable.Chain{}, nil // another file; the witness tells whether it is the same log
	}
	b, err := io.ReadAll(io.NewSectionReader(f, l.chain.Size(), info.Size()))
	if err != nil {
		return nil, durable.Bare(err)
	}
	return b, nil
}

// witness is what the file outside the directory knows of the log.
type witness struct {
	Lines int            `json:"lines"`
	Head  durable.Digest `json:"head"` // of the last of these
}

// readWitness returns fs.ErrNotExist when there is none; one that cannot be read
// knows nothing, and is written anew with the next row.
func readWitness(path string) (w witness, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return w, fs.ErrNotExist
	}
	if err := json.Unmarshal(bytes.TrimSpace(b), &w); err != nil || w.Lines < 0 {
		return witness{}, fs.ErrNotExist
	}
	return w, nil
}

func writeWitness(path string, w witness) error {
	b, err := json.Marshal(w)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), durable.OwnerDir)
	}
	if err != nil {
		return err
	}
	return durable.WriteFile(path, append(b, '\n'), durable.OwnerFile)
}

// Waiting for another process that writes.
const (
	lockName  = "audit"
	lockWait  = 5 * time.Second
	lockRetry = 10 * time.Millisecond
)

// locked calls f while no other process, and nobody else here, writes.
func (l *Log) locked(ctx context.Context, f func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for end := time.Now().Add(lockWait); ; {
		lock, err := datadir.TakeLock(l.cfg.Dir, lockName)
		if err == nil {
			return errors.Join(f(), lock.Release())
		}
		if _, held := errors.AsType[*datadir.HeldError](err); !held || time.Now().After(end) {
			return durable.Bare(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockRetry):
		}
	}
}
