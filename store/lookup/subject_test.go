package lookup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/anon/page"
)

// TestParseSubject: everything that people type for an ID or a code is one, and
// what is neither says where to look again, without repeating it.
func TestParseSubject(t *testing.T) {
	code := page.NewCode().Spoken()
	some := uuid.New()
	spoken := identity.Spoken(some)
	for _, text := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), " " + strings.ReplaceAll(code, "-", " ") + "\r\n"} {
		if s, err := ParseSubject(text); err != nil || !s.ByCode() || s.code.Spoken() != code {
			t.Errorf("a code typed as %q: %v", text, err)
		}
	}
	for _, text := range []string{spoken, strings.ToLower(spoken), some.String(), "urn:uuid:" + some.String(), strings.ReplaceAll(spoken, "-", ".")} {
		if s, err := ParseSubject(text); err != nil || s.ByCode() || *s.id != some {
			t.Errorf("an ID typed as %q: %v", text, err)
		}
	}
	groups := strings.Split(code, "-")
	idGroups := strings.Split(spoken, "-")
	other := func(s string, at int) string { // another character in its place
		by := byte('7')
		if s[at] == by {
			by = '8'
		}
		return s[:at] + string(by) + s[at+1:]
	}
	for _, c := range []struct {
		text, says string
		is         error
	}{
		{"", "nothing was typed", nil},
		{other(code, 3), "mistyped", page.ErrCodeMistyped},
		{other(spoken, 6), "mistyped", identity.ErrMistyped},
		{strings.Join(groups[:3], "-"), "3 groups, and a support code has 4", nil},
		{groups[0] + "-" + groups[1] + "-" + groups[2][:4] + "-" + groups[3], "group 3 of a support code has 4, and should have 5", nil},
		{strings.Join(idGroups[:5], "-"), "5 groups, and a spoken ID has 7", nil}, // as long as a code
		{idGroups[0] + "-" + idGroups[1][:3] + "-" + strings.Join(idGroups[2:], "-"), "group 2 of a spoken ID has 3, and", nil},
		{strings.ReplaceAll(code, "-", "")[:19], "one is missing", nil},
		{groups[0] + "-" + "UUUUU" + "-" + groups[2] + "-" + groups[3], "group 2 has a character", page.ErrCodeForm},
		{"my installation", "a support code has 20", nil},
	} {
		_, err := ParseSubject(c.text)
		if !errors.Is(err, ErrSubject) || !strings.Contains(err.Error(), c.says) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%q: %v, want it to say %q", c.text, err, c.says)
		}
		for _, g := range append(groups, idGroups[:6]...) {
			if err != nil && strings.Contains(err.Error(), g) {
				t.Errorf("%q is repeated: %v", c.text, err)
			}
		}
	}
}

// TestSubjectIsNotPrinted prints both kinds in every way that a careless line
// does.
func TestSubjectIsNotPrinted(t *testing.T) {
	code, some := page.NewCode(), uuid.New()
	byCode, byID := Subject{code: &code}, SubjectOf(some)
	var said strings.Builder
	for _, s := range []Subject{byCode, byID} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
			fmt.Fprintf(&said, verb+" "+verb+" ", s, []any{s, &s})
		}
		b, err := json.Marshal([]any{s, &s}) // as a part of something
		if err != nil {
			t.Fatal(err)
		}
		said.Write(b)
		for _, h := range []slog.Handler{slog.NewTextHandler(&said, nil), slog.NewJSONHandler(&said, nil)} {
			slog.New(h).Info("look up", slog.Any("subject", s))
		}
	}
	printed := strings.ToUpper(strings.ReplaceAll(said.String(), "-", ""))
	for _, secret := range []string{
		strings.ReplaceAll(code.Spoken(), "-", ""), strings.ToUpper(strings.ReplaceAll(some.String(), "-", "")),
		fmt.Sprintf("%X", fmt.Sprint(some)), strings.Trim(strings.ReplaceAll(fmt.Sprint([16]byte(some)), " ", ", "), "[]"),
	} {
		if strings.Contains(printed, secret) {
			t.Errorf("printed: %s", said.String())
		}
	}
	if bytes.Contains([]byte(said.String()), some[:]) {
		t.Error("the raw ID is printed")
	}
}
