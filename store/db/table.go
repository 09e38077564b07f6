package db

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
	"github.com/dgraph-io/ristretto/v2/z"
	"google.golang.org/protobuf/proto"
)

// maxFooter bounds what stands behind a table's index, in bytes: a checksum.
const maxFooter = 1 << 10

// inspectTable says what is wrong with a table: its footer and index, its first
// and last block, and all blocks when whole is set.
func inspectTable(path string, c options.CompressionType, whole bool) error {
	err := inspectIndex(path)
	if err == nil {
		err = withTable(path, c, func(t *table.Table) error {
			if whole {
				return t.VerifyChecksum()
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("table %s: %v: %w", filepath.Base(path), err, ErrDamaged)
	}
	return nil
}

// inspectIndex checks what Badger believes without a check, and ends the
// process over: the lengths at a table's end, and the index's checksum.
//
//	table = blocks | index | u32 its length | checksum of the index | u32 its length
func inspectIndex(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	// before reads n bytes that end at a place, and moves the place before them.
	end := info.Size()
	before := func(n, most int64) ([]byte, error) {
		if n > most || n > end {
			return nil, errors.New("its end is not that of a table")
		}
		end -= n
		b := make([]byte, n)
		_, err := f.ReadAt(b, end)
		return b, err
	}
	sum := &pb.Checksum{}
	b, err := before(4, 4)
	if err == nil {
		b, err = before(int64(binary.BigEndian.Uint32(b)), maxFooter)
	}
	if err == nil {
		err = proto.Unmarshal(b, sum)
	}
	if err == nil {
		b, err = before(4, 4)
	}
	if err == nil {
		b, err = before(int64(binary.BigEndian.Uint32(b)), end)
	}
	if err != nil {
		return err
	}
	if len(b) == 0 {
		return errors.New("it has no index")
	}
	return y.VerifyChecksum(b, sum)
}

// withTable opens a table whose index is sound and calls fn with it. A panic of
// Badger's over a damaged block is an error.
func withTable(path string, c options.CompressionType, fn func(t *table.Table) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	f, err := z.OpenMmapFile(path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	t, err := table.OpenTable(f, table.Options{ReadOnly: true, ChkMode: options.OnBlockRead, Compression: c, BlockSize: pagesBlock})
	if err != nil {
		return errors.Join(err, f.Close(-1))
	}
	defer func() { err = errors.Join(err, t.Close(-1)) }()
	return fn(t)
}
