package codec_test

import (
	"testing"

	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

// TestTrafficIsOfTheExample: the figures are of what the worked example names, and
// of nothing shorter.
func TestTrafficIsOfTheExample(t *testing.T) {
	reg, err := registry.Overlay(registry.Base(), example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range codec.Traffic(5000) {
		if err := reg.CheckTreated(&r); err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
	}
}
