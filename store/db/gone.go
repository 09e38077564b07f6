package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// errGone says that nothing of Badger's is where a half was that had rows.
// Badger would begin a new one there, and the rows would be missed by nobody.
var errGone = fmt.Errorf("its directory is gone or empty, although rows were written to it: %w", ErrDamaged)

// there says whether there is anything of a half, or has to be: what goes when
// it is forgotten.
func there(path string, begun bool) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist) || notGone(path, begun) != nil
}

// made says whether Badger made a half, or it has to be there: what is looked at
// by who opens it, also when it cannot be. A process that ends while Badger makes
// its files leaves less than a half, which had no row and is made again.
func made(path string, begun bool) bool {
	files, err := listFiles(path)
	return err != nil || files.any() || notGone(path, begun) != nil
}

// notGone holds a half that has no files of Badger's never to have been begun
// and to have listed nothing. One that is being forgotten has not: its directory
// has another name already.
func notGone(path string, begun bool) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("list what lies beside it: %w", err)
	}
	lists := begun
	for _, e := range entries {
		ext, ok := strings.CutPrefix(e.Name(), filepath.Base(path))
		switch {
		case ok && ext == forgottenExt:
			return nil
		case ok && ext == manifestExt:
			lists = true
		case ok && strings.HasPrefix(ext, tailExt):
			info, err := e.Info()
			lists = lists || err != nil || info.Size() >= int64(len(tailMagic)+entryLen)
		}
	}
	if lists {
		return errGone
	}
	return nil
}

// listedIn counts what the manifest of a half lists that is gone, and its
// entries that are damaged: nothing when the whole month is gone. It changes
// nothing.
func listedIn(ctx context.Context, path string) (rows, torn int64, err error) {
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil
	}
	m, err := openManifest(path, true)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	there := map[[16]byte]bool{} // what the tails say last
	inTails, err := m.eachInTails(func(e entry) error {
		there[e.Row] = e.Say != sayGone
		return ctx.Err()
	})
	if err != nil {
		return 0, 0, err
	}
	l, err := openList(ctx, path+manifestExt)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	rows, torn = int64(l.head.entries)-int64(l.torn), int64(inTails+l.head.torn)+int64(l.torn)
	for name, is := range there {
		_, _, was, err := l.find(name)
		switch {
		case err != nil:
			return 0, 0, err
		case is && !was:
			rows++
		case was && !is:
			rows--
		}
	}
	return rows, torn, nil
}
