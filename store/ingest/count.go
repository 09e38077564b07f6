package ingest

import (
	"maps"
	"sync"
	"time"
)

// Reasons for which an envelope or crate has no reply, and other things that
// are counted beside the statuses of replies.
const (
	reasonCrate   = "crate"   // a crate does not have the form
	reasonForm    = "form"    // an envelope's outer form is wrong
	reasonKey     = "key"     // sealed to a key that is not known, or no longer
	reasonClosed  = "closed"  // does not open
	reasonContent = "content" // opens, and the inside does not have the form
	reasonClock   = "clock"   // opened, and its answer waits until the store knows which day it is
	reasonRepeat  = "repeat"  // known already, answered as it was: stored or redate
	reasonFull    = "full"    // a group waits for free space
	reasonTrouble = "trouble" // what a group has in a half that is damaged, or the like, has no answer
)

// reasonEmpty is why a fragment is refused that has no measure.
const reasonEmpty = "empty"

// recentCommits is how many durations are kept.
const recentCommits = 64

// Counts says what came of the envelopes since the start.
type Counts struct {
	// Outcomes counts envelopes by status of the reply ("stored", "done",
	// "redate", "bad-form", "expired", "erased", "conflict"), those without a reply by reason
	// ("form", "key", "closed", "content", "clock"), crates without the form ("crate"),
	// and beside these repeats ("repeat", also in "stored" or "redate"), groups that
	// had to wait ("full") and such of which a part has no answer ("trouble").
	Outcomes map[string]uint64
	// Refused counts the fragments among "bad-form" that hold what is not
	// registered, by why: in the words of registry.Reason, or "empty".
	Refused map[string]uint64
	// Foreign counts fragments of a registry release that is not known here:
	// they were checked by another one's.
	Foreign uint64
	// Groups counts commits.
	Groups uint64
	// Recent holds how long the last commits took, oldest first, at most 64.
	Recent []time.Duration
}

// counter gathers Counts.
type counter struct {
	mu       sync.Mutex
	outcomes map[string]uint64
	refused  map[string]uint64
	foreign  uint64
	groups   uint64
	recent   []time.Duration
}

func (c *counter) add(outcome string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outcomes == nil {
		c.outcomes = map[string]uint64{}
	}
	c.outcomes[outcome]++
}

// answered counts an envelope that has a reply.
func (c *counter) answered(j *judged) {
	c.add(j.status.String())
	c.mu.Lock()
	defer c.mu.Unlock()
	if j.foreign {
		c.foreign++
	}
	if j.refused == "" {
		return
	}
	if c.refused == nil {
		c.refused = map[string]uint64{}
	}
	c.refused[j.refused]++
}

func (c *counter) committed(took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.groups++
	if len(c.recent) == recentCommits {
		c.recent = c.recent[1:]
	}
	c.recent = append(c.recent, took)
}

func (c *counter) read() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Counts{
		Outcomes: maps.Clone(c.outcomes),
		Refused:  maps.Clone(c.refused),
		Foreign:  c.foreign,
		Groups:   c.groups,
		Recent:   append([]time.Duration(nil), c.recent...),
	}
}
