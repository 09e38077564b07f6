package page

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
)

// MaxVersionLen is the longest version of an agent, in bytes.
const MaxVersionLen = 24

// BuildLen is the length of a build, in bytes, as a page carries it.
const BuildLen = buildLen

// Build says what made a page. It stands outside the seal, so that the pages of
// a build that turns out to leak can be destroyed unread.
type Build struct {
	Release schema.Release // of the registry
	Version string         // of the agent; at most MaxVersionLen bytes of printable ASCII
}

func (b Build) check() error {
	if len(b.Version) > MaxVersionLen {
		return fmt.Errorf("%w: a version of %d bytes, at most %d", ErrForm, len(b.Version), MaxVersionLen)
	}
	for _, c := range []byte(b.Version) {
		if c <= ' ' || c > '~' {
			return fmt.Errorf("%w: a version with a character that is no printable ASCII", ErrForm)
		}
	}
	return nil
}

// append appends u32 release and the version, padded with zeros.
func (b Build) append(to []byte) []byte {
	to = binary.BigEndian.AppendUint32(to, uint32(b.Release))
	var version [MaxVersionLen]byte
	copy(version[:], b.Version)
	return append(to, version[:]...)
}

// Bytes returns the build as a page carries it.
func (b Build) Bytes() []byte { return b.append(nil) }

// ParseBuild reads what Bytes returned. Errors wrap [ErrForm].
func ParseBuild(b []byte) (Build, error) {
	if len(b) != buildLen {
		return Build{}, fmt.Errorf("parse build of %d bytes: %w", len(b), ErrForm)
	}
	return parseBuild(b)
}

func parseBuild(b []byte) (Build, error) {
	build := Build{
		Release: schema.Release(binary.BigEndian.Uint32(b)),
		Version: string(bytes.TrimRight(b[4:], "\x00")),
	}
	return build, build.check()
}
