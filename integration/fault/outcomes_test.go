package fault

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/figures"
)

// outcome is what came of one harm.
type outcome struct {
	place   string // kind of file
	what    string // was done
	said    string // by verify or start; "": neither said anything
	changed string // what is not as it was although neither said so
}

// noticed counts outcomes.
type noticed struct{ all, detected, harmless, silent int }

func (n *noticed) add(o outcome) {
	n.all++
	switch {
	case o.said != "":
		n.detected++
	case o.changed == "":
		n.harmless++
	default:
		n.silent++
	}
}

// outcomes counts them by kind of harm and by kind of file. It is safe for
// concurrent use.
type outcomes struct {
	mu      sync.Mutex
	kinds   [2]noticed // bits flipped, and more than a bit
	places  map[string]*noticed
	silents []string
}

func (c *outcomes) add(kind int, o outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kinds[min(kind, 1)].add(o)
	if c.places == nil {
		c.places = map[string]*noticed{}
	}
	if c.places[o.place] == nil {
		c.places[o.place] = new(noticed)
	}
	c.places[o.place].add(o)
	if o.said == "" && o.changed != "" {
		c.silents = append(c.silents, o.place)
	}
}

// report notes the figures: of flipped bits, and of the others beside.
func (c *outcomes) report(t *testing.T) {
	t.Helper()
	for _, place := range slices.Sorted(maps.Keys(c.places)) {
		n := c.places[place]
		t.Logf("%-40s %4d harmed: %d detected, %d harmless, %d silent", place, n.all, n.detected, n.harmless, n.silent)
	}
	where := ""
	if len(c.silents) > 0 {
		where = " (" + strings.Join(slices.Compact(slices.Sorted(slices.Values(c.silents))), ", ") + ")"
	}
	bits, more := c.kinds[0], c.kinds[1]
	figures.Report(t, figures.BitFlip, "%d / %d / %d / %d%s; halved or a page zeroed: %s", bits.all, bits.detected, bits.harmless, bits.silent, where,
		fmt.Sprintf("%d / %d / %d / %d", more.all, more.detected, more.harmless, more.silent))
}
