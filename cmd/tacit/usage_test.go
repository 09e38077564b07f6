package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestWrongValues: the value of a flag that cannot be meant is a mistake of
// usage, as a flag that is not there is, and says what to write instead. Nothing
// is opened for it.
func TestWrongValues(t *testing.T) {
	if os.Getenv("TACIT_TEST_ARGS") != "" {
		os.Args = append([]string{"tacit"}, strings.Split(os.Getenv("TACIT_TEST_ARGS"), " ")...)
		main()
		return
	}
	for args, want := range map[string]string{
		"lookup 7d444840-9dc0-41d1-b245-5ffdce74fad2 --since abc":  "write it as 7d",
		"insights os.type --days 401":                              "take 1 to 400",
		"lookup - --case --problem 0":                              "take 1 or more",
		"bench --records 0":                                        "take at least one",
		"bench --installations 0":                                  "take 1 to 1,000",
		"up --ports -1":                                            "take 1 to 65,535",
		"registry docs --format pdf":                               "write markdown, html or csv",
		"registry templates --product finder .":                    "--registry FILE",
		"bench --rounds 0":                                         "take 1 or more",
		"bench --envelopes -1":                                     "take 0",
		"store recall --agent x --from 7d --to 2026-01-01":         "write it as 2026-11-01",
		"store recall --agent x --from 2026-01-02 --to 2026-01-01": "the first one first",
		"store keys rotate --destroy 4294967296":                   "store keys list",
		"store backup --out -":                                     "see tacit store backup --help",
		"store keys publish --out -":                               "see tacit store keys publish --help",
	} {
		data := filepath.Join(t.TempDir(), "none")
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWrongValues$")
		c.Env = append(os.Environ(), "TACIT_TEST_ARGS="+args, "TACIT_DATA="+data)
		var said bytes.Buffer
		c.Stderr = &said
		exit, ok := errors.AsType[*exec.ExitError](c.Run())
		if !ok || exit.ExitCode() != 2 || !strings.Contains(said.String(), "\nhint: ") || !strings.Contains(said.String(), want) {
			t.Errorf("%s: %v, %q", args, exit, said.String())
		}
		if _, err := os.Stat(data); err == nil {
			t.Errorf("%s: it made a data directory", args)
		}
	}
}
