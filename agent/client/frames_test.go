package client_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/client"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// deep calls itself and then says where it stands.
func deep(n, skip int) string {
	if n == 0 {
		return client.Frames(skip)
	}
	return deep(n-1, skip)
}

func TestFrames(t *testing.T) {
	var frames string
	slices.SortFunc([]int{2, 1}, func(a, b int) int { // the standard library calls back
		frames = deep(1, 0)
		return a - b
	})
	own := regexp.MustCompile(`^github\.com/tacit-telemetry/tacit/agent/client_test\.[A-Za-z0-9.]+ frames_test\.go:[0-9]+$`)
	between := regexp.MustCompile(`^slices\.[A-Za-z]+\[\.\.\.\] [a-z]+\.go:[0-9]+$`)
	lines := strings.Split(frames, "\n")
	mine := 0
	for i, l := range lines {
		switch {
		case own.MatchString(l):
			mine++
		case !between.MatchString(l) || i < 3 || i == len(lines)-1:
			t.Errorf("%q is more than a function that is own, or stands between own ones, a base name and a line", l)
		}
	}
	if mine != 4 || len(lines) == mine { // deep twice, the function above, and this test
		t.Errorf("%d own frames of %d: %s", mine, len(lines), frames)
	}
	r := schema.Record{
		Product: schema.Product{Name: "tacit", Version: "0.1.0"}, Metric: "tacit.error",
		Value: schema.Text("other"), Labels: []schema.Label{{Name: "frames", Value: frames}},
	}
	if err := registry.Base().CheckOffered(&r); err != nil {
		t.Errorf("the registry refuses these frames: %v", err)
	}
}

func TestFramesAreBounded(t *testing.T) {
	if got := strings.Count(deep(40, 0), "\n") + 1; got != 16 {
		t.Errorf("%d frames, want 16", got)
	}
	if whole, one := deep(3, 0), deep(3, 1); whole == one || strings.Count(whole, "\n") != strings.Count(one, "\n")+1 {
		t.Error("skip leaves out another number of callers")
	}
}
