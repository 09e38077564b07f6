package attack

import (
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestThisHost lives the story on this host as it is.
func TestThisHost(t *testing.T) {
	t.Parallel()
	host := public(t, thisHost(t, ""))
	s := newStory(t, rig.Dir(t), texts(host))
	installation := s.live()
	report(t, s.seen.search(append(host, allSecrets()...), installation))
	t.Logf("searched %d exhibits of %d bytes for %d identifiers of this host", len(s.seen.exhibits), s.seen.size(), len(host))
}

// texts returns the texts of identifiers.
func texts(ids []identifier) (out []string) {
	for _, id := range ids {
		out = append(out, id.text)
	}
	return out
}
