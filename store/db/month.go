package db

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// Sizes of the small profile, in bytes.
const (
	memTableSize  = 8 << 20
	valueLogSize  = 16 << 20
	cacheSize     = 8 << 20
	memTables     = 2
	compactors    = 2
	openFloor     = 4 * (memTableSize + valueLogSize) // free space without which a month is not opened
	manifestExt   = ".manifest"
	compressLevel = 1
)

// month is one opened month.
type month struct {
	badger   *badger.DB
	manifest *manifest
}

// profile returns the options of every month: little memory, synced writes,
// checksums looked at whenever a block is read.
func profile(dir string, log *slog.Logger) badger.Options {
	return badger.DefaultOptions(dir).
		WithSyncWrites(true).
		WithMemTableSize(memTableSize).
		WithNumMemtables(memTables).
		WithValueLogFileSize(valueLogSize).
		WithBlockCacheSize(cacheSize).
		WithIndexCacheSize(cacheSize).
		WithNumCompactors(compactors).
		WithCompression(options.ZSTD).
		WithZSTDCompressionLevel(compressLevel).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithDetectConflicts(false).
		WithMetricsEnabled(false).
		WithLogger(badgerLog{log})
}

// openMonth opens the month in dir, and makes it when it is not there.
func openMonth(dir string, m schema.Month, log *slog.Logger) (*month, error) {
	path := filepath.Join(dir, m.String())
	if err := durable.MakeOwnerDir(path); err != nil {
		return nil, fmt.Errorf("open month %s: %w", m, err)
	}
	b, err := openBadger(profile(path, log.With(slog.String("month", m.String()))))
	if err != nil {
		return nil, damagedError(m, err)
	}
	mf, err := openManifest(path + manifestExt)
	if err != nil {
		return nil, errors.Join(damagedError(m, fmt.Errorf("its manifest: %w", err)), b.Close())
	}
	if err := durable.SyncDir(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("open month %s: %w", m, err), mf.f.Close(), b.Close())
	}
	return &month{badger: b, manifest: mf}, nil
}

// openBadger turns a panic of Badger's over damaged files into an error.
func openBadger(opt badger.Options) (b *badger.DB, err error) {
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, fmt.Errorf("damaged files: %v", p)
		}
	}()
	return badger.Open(opt)
}

func damagedError(m schema.Month, err error) error {
	return fmt.Errorf("open month %s: %w; fix: restore this month's directory and manifest from a backup, or move both away to go on without them", m, err)
}

// countRow holds, as a u64, how many entries the manifest has once the
// transaction that wrote it is listed. It is written in every transaction, so
// a month whose log lost its tail shows fewer than its manifest lists.
var countRow = []byte{'c'}

// lost returns how many of the rows that the manifest lists went with the tail
// of Badger's log.
func (m *month) lost() (int64, error) {
	b, ok, err := m.get(countRow)
	if err != nil {
		return 0, err
	}
	var counted uint64
	if ok && len(b) == 8 {
		counted = binary.BigEndian.Uint64(b)
	}
	return max(0, m.manifest.entries()-int64(counted)), nil
}

// get returns a row's value, or false when there is no such row.
func (m *month) get(row []byte) (value []byte, ok bool, err error) {
	err = m.badger.View(func(txn *badger.Txn) error {
		item, err := txn.Get(row)
		if err != nil {
			return err
		}
		value, err = item.ValueCopy(nil)
		return err
	})
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	return value, err == nil, err
}

func (m *month) close() error {
	return errors.Join(m.badger.Close(), m.manifest.flush(), m.manifest.f.Close())
}

// months returns the months that have a directory in dir, oldest first.
func months(dir string) ([]schema.Month, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list months: %w", err)
	}
	var out []schema.Month
	for _, e := range entries {
		if m, err := schema.ParseMonth(e.Name()); err == nil && e.IsDir() {
			out = append(out, m)
		}
	}
	return out, nil
}

// badgerLog passes on that Badger warned, and in which fixed words. What it
// would fill in holds paths and keys, so it is left out.
type badgerLog struct{ log *slog.Logger }

// Errorf implements badger.Logger.
func (l badgerLog) Errorf(format string, _ ...any) {
	l.log.Error("badger", slog.String("form", format))
}

// Warningf implements badger.Logger.
func (l badgerLog) Warningf(format string, _ ...any) {
	l.log.Warn("badger", slog.String("form", format))
}

// Infof implements badger.Logger.
func (badgerLog) Infof(string, ...any) {}

// Debugf implements badger.Logger.
func (badgerLog) Debugf(string, ...any) {}
