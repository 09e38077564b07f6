package db

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// Sizes of the profiles, in bytes.
const (
	pagesMemTable = 32 << 20  // groups of pages are long; half as much costs half as much CPU again
	quietMemTable = 4 << 20   // of pages of a month that gets hardly any more
	inTables      = 384 << 10 // shorter values lie in tables: all do
	pagesBase     = 128 << 20 // of the level that level 0 is merged into, likewise
	sumsMemTable  = 8 << 20
	valueLogSize  = 1 << 20 // nothing is long enough for the value log
	sumsCache     = 8 << 20
	tableSize     = 8 << 20
	pagesBlock    = 16 << 10 // four rows: half the index of one row a block
	memTables     = 2
	compactors    = 2
	levelZero     = 2 // tables of level 0 from which on they are merged
	levelZeroFull = 3 // and at which writing waits for that
	compressLevel = 1
	openFloor     = 64 << 20 // free space without which nothing is opened for writing, or the headroom if that is less
	mergeWidth    = 16       // tables of one level that a merge takes at most
)

// The versions of the rows of pages. All rows have one, so that a version tells
// nothing; a deletion has the next, so that it hides its row wherever the two
// lie. A key is written with one value only, or deleted: it takes no row again.
const (
	rowVersion     = 1
	deletedVersion = 2
)

// profile returns the options of a half: little memory, synced writes,
// checksums looked at whenever a block is read. A quiet one has room in memory for
// little that is written: the pages of 400 days are 15 halves, and a lookup opens
// all of them.
//
// Tables of one size bound what a merge of them needs: a table and those of the
// next level that it overlaps. Level 0 stays below the four tables from which
// on Badger merges them among themselves, which would put older tables after
// newer ones; with one version for all rows that would bring back what a newer
// table says otherwise.
func profile(dir string, h Half, quiet bool, log *slog.Logger) badger.Options {
	opt := badger.DefaultOptions(dir).
		WithSyncWrites(true).
		WithNumMemtables(memTables).
		WithValueLogFileSize(valueLogSize).
		WithValueThreshold(inTables).
		WithBaseTableSize(tableSize).
		WithNumLevelZeroTables(levelZero).
		WithNumLevelZeroTablesStall(levelZeroFull).
		WithNumCompactors(compactors).
		WithCompactL0OnClose(true). // no time slices of arrival stay
		WithIndexCacheSize(0).      // indices are read in place
		WithChecksumVerificationMode(options.OnBlockRead).
		WithDetectConflicts(false).
		WithMetricsEnabled(false).
		WithLogger(badgerLog{log})
	opt.TableSizeMultiplier = 1
	if h == PagesHalf { // random bytes do not compress, and blocks are read in place
		size := int64(pagesMemTable)
		if quiet {
			size = quietMemTable
		}
		return opt.WithMemTableSize(size).
			WithBaseLevelSize(pagesBase).
			WithBlockSize(pagesBlock).
			WithCompression(options.None).
			WithBlockCacheSize(0)
	}
	return opt.WithMemTableSize(sumsMemTable).
		WithCompression(options.ZSTD).
		WithZSTDCompressionLevel(compressLevel).
		WithBlockCacheSize(sumsCache)
}

// openBadger opens a half's Badger. What Badger ends the process over is an
// error: a panic about damaged files, and a fault of a file in memory, a page of
// which cannot be read. On a full volume in memory that is a page that nobody
// wrote yet, behind the end of what Badger replays.
func openBadger(opt badger.Options, h Half) (b *badger.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		b, err = nil, fmt.Errorf("%w: %v", ErrDamaged, p)
		if _, fault := p.(interface{ Addr() uintptr }); fault && opt.ReadOnly {
			err = fmt.Errorf("its files cannot be read while there is no room: %w", ErrFull)
		}
	}()
	start := badger.Open
	if h == PagesHalf {
		start = badger.OpenManaged
	}
	if b, err = start(opt); err != nil {
		return nil, err // Badger may return what it opened so far, which cannot be closed
	}
	if h == PagesHalf && !opt.ReadOnly {
		b.SetDiscardTs(deletedVersion) // nobody reads an earlier state: what is deleted goes with the next merge
	}
	return b, nil
}

// dropUnused removes the files of those parts of Badger that hold nothing: no
// value is long enough for the value log, and nothing is encrypted by Badger.
// They are made anew. A flipped bit in one of them would keep the half shut.
func dropUnused(path string) error {
	names, err := filepath.Glob(filepath.Join(path, "*.vlog"))
	for _, name := range append(names, filepath.Join(path, "DISCARD"), filepath.Join(path, badger.KeyRegistryFileName)) {
		err = errors.Join(err, ignoreGone(os.Remove(name)))
	}
	return err
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
