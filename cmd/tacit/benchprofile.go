package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// A CPU profile is a gzipped protocol buffer, perftools.profiles.Profile
// (github.com/google/pprof, proto/profile.proto). These are the fields of it
// that are needed here.
const (
	profileSample     = 2
	profileLocation   = 4
	profileFunction   = 5
	profileStrings    = 6
	sampleLocations   = 1
	sampleValues      = 2
	locationID        = 1
	locationLine      = 4
	lineFunction      = 1
	functionID        = 1
	functionName      = 2
	maxProfile        = 64 << 20
	ownModule         = "github.com/tacit-telemetry/tacit/"
	packageOfTheRest  = "Go runtime"
	packageOfTheBench = "the bench itself"
)

// notable are the modules beside our own to which samples are attributed.
var notable = map[string]string{
	"github.com/dgraph-io/badger/": "Badger", "github.com/nats-io/nats-server/": "NATS server", "github.com/nats-io/nats.go": "NATS client",
}

// cpuProfile is what a profile says: samples by stack, innermost frame first.
type cpuProfile struct {
	texts     []string
	functions map[uint64]uint64   // names, as index of texts
	locations map[uint64][]uint64 // functions, the innermost first
	samples   []cpuSample
}

type cpuSample struct {
	stack []uint64
	nanos int64
}

// readProfile adds up a profile's CPU seconds by package: the innermost of
// Tacit, Badger or NATS on the stack.
func readProfile(path string) (map[string]float64, error) {
	p, err := parseProfile(path)
	if err != nil {
		return nil, fmt.Errorf("read CPU profile: %w", err)
	}
	out := map[string]float64{}
	for _, s := range p.samples {
		out[p.packageOf(s.stack)] += float64(s.nanos) / 1e9
	}
	return out, nil
}

func (p *cpuProfile) packageOf(stack []uint64) string {
	for _, location := range stack {
		for _, function := range p.locations[location] {
			if name := p.functions[function]; name < uint64(len(p.texts)) {
				if found := packageName(p.texts[name]); found != "" {
					return found
				}
			}
		}
	}
	return packageOfTheRest
}

// packageName returns the package that a function's CPU time is counted for, or
// "" when whoever called it is to be asked.
func packageName(function string) string {
	for prefix, name := range notable {
		if strings.HasPrefix(function, prefix) {
			return name
		}
	}
	if strings.HasPrefix(function, "main.") {
		return packageOfTheBench
	}
	rest, ok := strings.CutPrefix(function, ownModule)
	if !ok {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "[") // of a generic function, whose types have paths too
	slash := strings.LastIndexByte(rest, '/') + 1
	dot := strings.IndexByte(rest[slash:], '.')
	if dot < 0 {
		return rest
	}
	return rest[:slash+dot]
}

func parseProfile(path string) (*cpuProfile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(z, maxProfile)); err != nil {
		return nil, err
	}
	p := &cpuProfile{functions: map[uint64]uint64{}, locations: map[uint64][]uint64{}}
	err = eachField(b.Bytes(), func(field protowire.Number, _ uint64, sub []byte) error {
		switch field {
		case profileStrings:
			p.texts = append(p.texts, string(sub))
		case profileFunction:
			return p.addFunction(sub)
		case profileLocation:
			return p.addLocation(sub)
		case profileSample:
			return p.addSample(sub)
		}
		return nil
	})
	return p, err
}

func (p *cpuProfile) addFunction(b []byte) error {
	var id, name uint64
	err := eachField(b, func(field protowire.Number, n uint64, _ []byte) error {
		switch field {
		case functionID:
			id = n
		case functionName:
			name = n
		}
		return nil
	})
	p.functions[id] = name
	return err
}

func (p *cpuProfile) addLocation(b []byte) error {
	var id uint64
	var functions []uint64
	err := eachField(b, func(field protowire.Number, n uint64, sub []byte) error {
		switch field {
		case locationID:
			id = n
		case locationLine:
			return eachField(sub, func(field protowire.Number, n uint64, _ []byte) error {
				if field == lineFunction {
					functions = append(functions, n)
				}
				return nil
			})
		}
		return nil
	})
	p.locations[id] = functions
	return err
}

func (p *cpuProfile) addSample(b []byte) error {
	var stack, values []uint64
	err := eachField(b, func(field protowire.Number, n uint64, sub []byte) error {
		switch field {
		case sampleLocations:
			stack = appendNumbers(stack, n, sub)
		case sampleValues:
			values = appendNumbers(values, n, sub)
		}
		return nil
	})
	if len(values) > 0 {
		p.samples = append(p.samples, cpuSample{stack, int64(values[len(values)-1])}) // count, then nanoseconds
	}
	return err
}

// appendNumbers appends a number, or numbers that are packed.
func appendNumbers(to []uint64, n uint64, packed []byte) []uint64 {
	if packed == nil {
		return append(to, n)
	}
	for len(packed) > 0 {
		v, size := protowire.ConsumeVarint(packed)
		if size < 0 {
			return to
		}
		to, packed = append(to, v), packed[size:]
	}
	return to
}

var errProfile = errors.New("not a profile")

// eachField calls f with the number or the bytes of each field.
func eachField(b []byte, f func(field protowire.Number, n uint64, sub []byte) error) error {
	for len(b) > 0 {
		field, kind, size := protowire.ConsumeTag(b)
		if size < 0 {
			return errProfile
		}
		b = b[size:]
		var n uint64
		var sub []byte
		switch kind {
		case protowire.VarintType:
			n, size = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			sub, size = protowire.ConsumeBytes(b)
			if sub == nil {
				sub = []byte{}
			}
		default:
			size = protowire.ConsumeFieldValue(field, kind, b)
		}
		if size < 0 {
			return errProfile
		}
		if err := f(field, n, sub); err != nil {
			return err
		}
		b = b[size:]
	}
	return nil
}
