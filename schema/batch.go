package schema

import "crypto/rand"

// BatchID names one fragment or one page for good: it is random, stays the
// same over every resend, travels inside the sealed part only, and is the one
// key by which the store knows a repeat.
type BatchID [16]byte

// NewBatchID draws a batch ID.
func NewBatchID() BatchID {
	var id BatchID
	_, _ = rand.Read(id[:]) // crypto/rand.Read never returns an error (Go 1.24)
	return id
}

// Writer marks the host state that wrote a page: random, made anew with every
// installation, so that pages of a cloned or restored host show as another
// writer's.
type Writer [16]byte
