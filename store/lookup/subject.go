package lookup

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/anon/page"
)

// ErrSubject says that what was typed is neither an installation ID nor a support
// code. It is wrapped with what is wrong with it, and never with what it was.
var ErrSubject = errors.New("neither an installation ID nor a support code")

// Subject is whose history is looked up: an installation ID, or a support code for
// some days of one. It prints and logs as a word; nothing in it can be read out.
// The zero Subject is none.
type Subject struct {
	id   *uuid.UUID
	code *page.Code
}

// String hides the subject.
func (Subject) String() string { return "lookup.Subject{hidden}" }

// GoString hides the subject.
func (s Subject) GoString() string { return s.String() }

// LogValue hides the subject.
func (s Subject) LogValue() slog.Value { return slog.StringValue(s.String()) }

// ByCode says whether it is a support code.
func (s Subject) ByCode() bool { return s.code != nil }

// SubjectOf returns the installation with that ID.
func SubjectOf(id uuid.UUID) Subject { return Subject{id: &id} }

// ParseSubject reads what a person typed: an ID in any of its forms, or a support
// code, either case, with or without separators. Errors wrap [ErrSubject] and
// say what to look at again: which group, where that can be told.
func ParseSubject(text string) (Subject, error) {
	typed := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "URN:UUID:")
	groups := strings.FieldsFunc(typed, identity.IsSeparator)
	plain := strings.Join(groups, "")
	switch len(plain) {
	case page.CodeLen:
		if shapeOf(groups) == shapeID {
			break // the first five groups of an ID have as many characters
		}
		code, err := page.ParseCode(plain)
		if err != nil {
			return Subject{}, fmt.Errorf("%w: %w", ErrSubject, err)
		}
		return Subject{code: &code}, nil
	case identity.SpokenLen, 2 * len(uuid.UUID{}):
		id, err := identity.Parse(plain)
		if err != nil {
			return Subject{}, fmt.Errorf("%w: %w", ErrSubject, err)
		}
		return SubjectOf(id), nil
	}
	return Subject{}, fmt.Errorf("%w: %s", ErrSubject, partial(groups, len(plain)))
}

// shape is what something looks like by the length of its groups.
type shape uint8

const (
	shapeless shape = iota
	shapeCode
	shapeID
)

func shapeOf(groups []string) shape {
	var fours, fives int
	for _, g := range groups {
		switch len(g) {
		case identity.SpokenGroup:
			fours++
		case page.CodeGroup:
			fives++
		}
	}
	switch {
	case len(groups) < 2:
		return shapeless
	case fives >= len(groups)-1 && fives > fours:
		return shapeCode
	case fours >= len(groups)-2 && fours > fives:
		return shapeID
	}
	return shapeless
}

// partial says what is missing, or too much, in what has not the length of
// anything.
func partial(groups []string, length int) string {
	switch shape := shapeOf(groups); {
	case length == 0:
		return "nothing was typed"
	case shape == shapeCode:
		return wrongGroup(groups, page.CodeLen, page.CodeGroup, "a support code")
	case shape == shapeID:
		return wrongGroup(groups, identity.SpokenLen, identity.SpokenGroup, "a spoken ID")
	case length == page.CodeLen-1 || length == identity.SpokenLen-1:
		return fmt.Sprintf("%d characters: one is missing, perhaps the last", length)
	}
	return fmt.Sprintf("%d characters; a support code has %d, a spoken ID %d, a UUID 32", length, page.CodeLen, identity.SpokenLen)
}

// wrongGroup says which group of something is too short, too long or missing. All
// have each characters, but the last, which may have fewer.
func wrongGroup(groups []string, total, each int, of string) string {
	all, length := (total+each-1)/each, len(strings.Join(groups, ""))
	for i, g := range groups {
		want := min(each, total-i*each)
		if i < all && len(g) != want {
			return fmt.Sprintf("%d characters: group %d of %s has %d, and should have %d", length, i+1, of, len(g), want)
		}
	}
	return fmt.Sprintf("%d characters: %d groups, and %s has %d", length, len(groups), of, all)
}
