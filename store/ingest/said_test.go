package ingest

import (
	"fmt"
	"testing"
	"time"
)

// TestTheSameTroubleIsALineAMinute, and another one is told at once.
func TestTheSameTroubleIsALineAMinute(t *testing.T) {
	var s said
	at := time.Now()
	for i, tt := range []struct {
		text  string
		after time.Duration
		news  bool
	}{{"a", 0, true}, {"a", 0, false}, {"b", time.Second, true}, {"a", 59 * time.Second, false}, {"a", time.Minute, true}, {"a", 61 * time.Second, false}} {
		if got := s.news(tt.text, at.Add(tt.after)); got != tt.news {
			t.Errorf("%d: %t", i, got)
		}
	}
	for i := range 3 * maxSaid {
		if !s.news(fmt.Sprint(i), at) || len(s.last) > maxSaid {
			t.Fatalf("%d: of %d that are remembered", i, len(s.last))
		}
	}
}
