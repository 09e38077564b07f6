package wire

import (
	"encoding/binary"
	"fmt"
)

// Partitions is the fixed number of virtual partitions. Stores own ranges of
// them; the number never changes, or a repeat could reach another store.
const Partitions = 64

// PartitionOf returns the partition that an identifier belongs to: of a tag
// for pages, of a batch ID for fragments.
func PartitionOf(id [16]byte) uint8 { return id[0] % Partitions }

// Class says why an envelope is sent.
type Class uint8

// The classes. A relay lets ClassUser pass even while the site is off: it is
// the user's own order, an erasure.
const (
	ClassNormal Class = 0
	ClassUser   Class = 1
)

// Attempt names one sending of one envelope. It is random, new for every
// resend, and the only thing by which a reply finds its way back.
type Attempt [16]byte

// Buckets are the sizes, in bytes, to which the sealed part is padded before
// sealing.
var Buckets = [...]int{1 << 10, 4 << 10, 16 << 10, 64 << 10}

// SentBucket is the smallest bucket in which an agent sends fragments and
// pages, so that all of them look alike: their sizes would tell a relay which is
// which, and a thief of the store's disk which pages are of one busy host.
const SentBucket = 4 << 10

// ContentHeaderLen is what stands before the payload in the sealed part: kind,
// batch ID and length.
const ContentHeaderLen = 1 + 16 + 4

// BucketFor returns the smallest bucket, of at least least bytes, that holds a
// payload of n bytes with its header; false when none does.
func BucketFor(n, least int) (int, bool) {
	for _, b := range Buckets {
		if b >= least && n+ContentHeaderLen <= b {
			return b, true
		}
	}
	return 0, false
}

// Lengths in bytes.
const (
	EncLen         = 32 // DHKEM(X25519) encapsulated key
	CommitLen      = 32 // commitment to the body key
	SealLen        = 16 // AES-256-GCM tag
	HeaderLen      = 1 + 4 + 1 + 1 + 16 + EncLen + CommitLen
	MaxEnvelopeLen = HeaderLen + 64<<10 + SealLen // the largest envelope
	infoPrefix     = "tacit/v1"
)

// Envelope is the outer form: all that a relay sees.
type Envelope struct {
	KeyID     uint32 // of the store's key that it is sealed to
	Partition uint8  // below Partitions; the store checks it against the inside
	Class     Class
	Attempt   Attempt
	Enc       [EncLen]byte
	Commit    [CommitLen]byte
	Body      []byte // sealed; one of Buckets and SealLen long
}

// Info returns the HPKE info that binds the outer fields to the sealed part:
// "tacit/v1", version, key id, partition, class, attempt.
func (e *Envelope) Info() []byte {
	b := make([]byte, 0, len(infoPrefix)+HeaderLen)
	b = append(b, infoPrefix...)
	return e.appendFields(b)
}

func (e *Envelope) appendFields(b []byte) []byte {
	b = append(b, Version)
	b = binary.BigEndian.AppendUint32(b, e.KeyID)
	b = append(b, e.Partition, byte(e.Class))
	return append(b, e.Attempt[:]...)
}

// Marshal returns the envelope's bytes.
func (e *Envelope) Marshal() []byte {
	b := make([]byte, 0, HeaderLen+len(e.Body))
	b = e.appendFields(b)
	b = append(b, e.Enc[:]...)
	b = append(b, e.Commit[:]...)
	return append(b, e.Body...)
}

// ParseEnvelope reads an envelope's outer form. The result's Body points into
// b. Errors wrap [ErrForm].
func ParseEnvelope(b []byte) (*Envelope, error) {
	if len(b) < HeaderLen {
		return nil, fmt.Errorf("parse envelope of %d bytes: %w: shorter than its header", len(b), ErrForm)
	}
	if b[0] != Version {
		return nil, fmt.Errorf("parse envelope: %w: version %d, want %d", ErrForm, b[0], Version)
	}
	e := &Envelope{
		KeyID:     binary.BigEndian.Uint32(b[1:5]),
		Partition: b[5],
		Class:     Class(b[6]),
		Body:      b[HeaderLen:],
	}
	copy(e.Attempt[:], b[7:23])
	copy(e.Enc[:], b[23:55])
	copy(e.Commit[:], b[55:87])
	switch {
	case e.Partition >= Partitions:
		return nil, fmt.Errorf("parse envelope: %w: partition %d, want below %d", ErrForm, e.Partition, Partitions)
	case e.Class > ClassUser:
		return nil, fmt.Errorf("parse envelope: %w: class %d is not known", ErrForm, e.Class)
	case !isBodyLen(len(e.Body)):
		return nil, fmt.Errorf("parse envelope: %w: body of %d bytes fits no bucket", ErrForm, len(e.Body))
	}
	return e, nil
}

func isBodyLen(n int) bool {
	for _, b := range Buckets {
		if n == b+SealLen {
			return true
		}
	}
	return false
}
