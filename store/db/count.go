package db

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/dgraph-io/badger/v4"
)

// countTable is the byte of the one row that is nobody's: it says of the half's
// last transaction what [counted] holds, and is written in it.
const countTable = 'c'

var countRow = []byte{countTable}

// counted is what a transaction says of itself.
//
//	u64 count | u64 lost | digest 16 | manifest entries
type counted struct {
	// count is how many entries the manifest has listed ever, once those of
	// this transaction are in it. A half whose log lost its tail counts fewer
	// than its manifest.
	count uint64
	// lost is how many of those were found to be lost when the half was opened,
	// by it or by its manifest: the transaction makes the counts equal again, and
	// must not make the loss forgotten. 0 again once all that is listed was seen
	// to be there.
	lost uint64
	// digest sums up the rows that change.
	digest digest
	// owed are the entries that were not yet synced to the manifest when the
	// transaction was written: after a crash in between they are listed, so
	// that no row that a reply may name stays unlisted.
	owed []byte
}

const countedLen = 8 + 8 + len(digest{})

func (c *counted) bytes() []byte {
	b := make([]byte, 0, countedLen+len(c.owed))
	b = binary.BigEndian.AppendUint64(b, c.count)
	b = binary.BigEndian.AppendUint64(b, c.lost)
	b = append(b, c.digest[:]...)
	return append(b, c.owed...)
}

// parseCounted reads what bytes wrote; nothing is the half without
// transactions.
func parseCounted(b []byte) (counted, error) {
	if len(b) == 0 {
		return counted{}, nil
	}
	if len(b) < countedLen || (len(b)-countedLen)%entryLen != 0 {
		return counted{}, fmt.Errorf("the row that counts has %d bytes: %w", len(b), ErrDamaged)
	}
	return counted{
		count:  binary.BigEndian.Uint64(b),
		lost:   binary.BigEndian.Uint64(b[8:]),
		digest: digest(b[16:countedLen]),
		owed:   bytes.Clone(b[countedLen:]),
	}, nil
}

// digest is the sum, modulo 2^128, of a hash of each row that changes with its
// value. A change adds the hash of the new value and takes that of the old one
// away, so that a sum's change costs two hashes and no look at other rows. It
// finds what went wrong by itself; it is no defence against who can write.
// (Bellare and Micciancio 1997, AdHash.)
type digest [16]byte

func hashOf(row, value []byte) digest {
	h := sha256.New()
	var n [2]byte
	binary.BigEndian.PutUint16(n[:], uint16(len(row)))
	h.Write(n[:])
	h.Write(row)
	h.Write(value)
	var sum [sha256.Size]byte
	return digest(h.Sum(sum[:0])[:16])
}

// plus adds a row with its value.
func (d digest) plus(o digest) digest {
	lo, carry := bits.Add64(binary.BigEndian.Uint64(d[8:]), binary.BigEndian.Uint64(o[8:]), 0)
	hi, _ := bits.Add64(binary.BigEndian.Uint64(d[:]), binary.BigEndian.Uint64(o[:]), carry)
	return digestOf(hi, lo)
}

// minus takes one away.
func (d digest) minus(o digest) digest {
	lo, borrow := bits.Sub64(binary.BigEndian.Uint64(d[8:]), binary.BigEndian.Uint64(o[8:]), 0)
	hi, _ := bits.Sub64(binary.BigEndian.Uint64(d[:]), binary.BigEndian.Uint64(o[:]), borrow)
	return digestOf(hi, lo)
}

func digestOf(hi, lo uint64) (d digest) {
	binary.BigEndian.PutUint64(d[:], hi)
	binary.BigEndian.PutUint64(d[8:], lo)
	return d
}

// audit reads the half's count, lists what a crash left unlisted, and says in
// words what is wrong, now or since it was lost.
func (h *half) audit() (trouble string, err error) {
	b, _, err := h.get(countRow)
	if err != nil {
		return "", err
	}
	if h.count, err = parseCounted(b); err != nil {
		return "", err
	}
	listed := h.manifest.listed()
	first := h.count.count - uint64(len(h.count.owed)/entryLen) // what was listed before those owed
	switch {
	case listed > h.count.count:
		h.count.lost += listed - h.count.count // rows
	case listed < first:
		h.count.lost += first - listed // entries
	case listed < h.count.count && !h.readOnly:
		h.manifest.owe(h.count.owed[(listed-first)*entryLen:])
		err = h.manifest.flush()
	}
	if h.count.lost > 0 {
		trouble = fmt.Sprintf("%d of %d that were listed", h.count.lost, max(listed, h.count.count))
	}
	return trouble, err
}

// mend forgets what was lost: all that is listed was seen to be there. Nobody
// writes meanwhile.
func (h *half) mend() error {
	count := h.count
	count.count, count.lost, count.owed = h.manifest.listed(), 0, h.manifest.owes()
	txn := h.update()
	defer txn.Discard()
	if err := txn.SetEntry(badger.NewEntry(countRow, count.bytes())); err != nil {
		return err
	}
	if err := h.end(txn, rowVersion); err != nil {
		return err
	}
	h.count = count
	return nil
}
