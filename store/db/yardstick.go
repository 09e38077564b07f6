package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// yardstickGroup is how many rows are synced at a time.
const yardstickGroup = 5000

// Yardstick writes n rows, one key each, into a Badger of its own in dir, with
// Badger's default profile and synced writes, 5,000 rows at a time, and returns
// how long that took, closing included. It is what the store's speed is compared
// with: the plain way of keeping records. It stands here because nothing else
// imports Badger; the store itself does not use it.
func Yardstick(ctx context.Context, dir string, n int, row func(i int) (key, value []byte)) (took time.Duration, err error) {
	started := time.Now()
	b, err := badger.Open(badger.DefaultOptions(dir).WithSyncWrites(true).WithLogger(nil))
	if err != nil {
		return 0, fmt.Errorf("measure a plain badger: %w", err)
	}
	for i := 0; i < n && err == nil; i += yardstickGroup {
		err = errors.Join(ctx.Err(), yardstick(b, i, min(n, i+yardstickGroup), row))
	}
	if err := errors.Join(err, b.Close()); err != nil {
		return 0, fmt.Errorf("measure a plain badger: %w", err)
	}
	return time.Since(started), nil
}

func yardstick(b *badger.DB, from, to int, row func(i int) (key, value []byte)) error {
	batch := b.NewWriteBatch()
	defer batch.Cancel()
	for i := from; i < to; i++ {
		key, value := row(i)
		if err := batch.Set(key, value); err != nil {
			return err
		}
	}
	return batch.Flush()
}
