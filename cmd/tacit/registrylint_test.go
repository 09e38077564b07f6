package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestRegistryLint: it says in one line what it looked at when it found nothing,
// and otherwise what it found, and no more.
func TestRegistryLint(t *testing.T) {
	const clean = " metrics: all is as it should be\n"
	january := func(day int) time.Time { return time.Date(2027, 1, day, 0, 0, 0, 0, time.UTC) }
	ends := copied(t, "expires: never", "expires: 2027-01-31")
	for name, c := range map[string]struct {
		files []string
		now   time.Time
		want  string // how a line begins, or what is in one
		clean bool
		fails bool
	}{
		"built in":     {nil, january(1), "what is built in, release 1, ", true, false},
		"example":      {[]string{exampleDir}, january(1), "4 files over what is built in, release 1, ", true, false},
		"a later one":  {[]string{copied(t, "\nrelease: 1\n", "\nrelease: 3\n")}, january(1), "4 files over what is built in, release 3, ", true, false},
		"wrong":        {[]string{copied(t, "level: enhanced", "level: loud")}, january(1), `"loud"`, false, true},
		"expires soon": {[]string{ends}, january(20), " expires on 2027-01-31", false, false},
		"expired":      {[]string{ends}, january(32), " expired on 2027-01-31", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			env, out := printing(t)
			if err := lint(env, c.files, c.now); errors.Is(err, errLint) != c.fails || err != nil != c.fails {
				t.Fatal(err)
			}
			got := out.String()
			if !strings.Contains(got, c.want) || strings.Contains(got, clean) != c.clean || c.clean && (!strings.HasPrefix(got, c.want) || strings.Count(got, "\n") != 1) {
				t.Errorf("it says\n%s", got)
			}
		})
	}
}
