package testhost

import (
	"bytes"
	"sync"
)

// Log is a log that a test reads while others write to it. The zero value is
// empty and ready.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends to the log. It never fails.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String returns all that was written until now.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
