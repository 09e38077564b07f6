package dictionary

import (
	"cmp"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// example returns a value as it may leave the host. It follows from the
// registry, so that no real one is ever shown.
func (v value) example() string {
	switch {
	case v.treatment == schema.Drop:
		return "nothing"
	case v.treatment == schema.Hash:
		return "5d41402abc4b2a76b9719d911017c592"
	case v.treatment == schema.Scrub:
		return "open <path>: permission denied"
	case v.treatment == schema.Bucket:
		return v.ranges[len(v.ranges)/2]
	case v.isNumber():
		return v.exampleNumber()
	case len(v.values) > 0:
		return v.values[0]
	}
	return v.exampleFormat()
}

func (v value) exampleNumber() string {
	n := int64(1)
	switch {
	case v.m.Type == schema.Flag:
		return "1 (yes)"
	case v.m.Type == schema.Answer:
		n = 8
	case v.m.Unit == "us":
		n = 340_000
	case v.m.Unit == "s":
		n = 60
	case v.m.Unit == "By":
		n = 1 << 20
	}
	return amount(v.m.Unit, min(n, v.m.Max))
}

func (v value) exampleFormat() string {
	switch v.format {
	case registry.FormatVersion:
		return "2.4.1"
	case registry.FormatOSVersion:
		return "12.6"
	case registry.FormatCountry:
		return "NZ"
	case registry.FormatFrames:
		return cmp.Or(first(slices.DeleteFunc(slices.Clone(v.modules), isOurs)), "main") + ".Run run.go:128"
	}
	return ""
}

// isOurs says whether the module is Tacit's own: of any other it is easier to
// see that it is a product's.
func isOurs(module string) bool { return module == "github.com/tacit-telemetry/tacit" }

func first(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[0]
}
