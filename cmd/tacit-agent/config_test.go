package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

const good = "relay: nats://127.0.0.1:8472\ncredential: c\nvendor_key: \"" +
	"3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29\"\n"

func TestReadConfig(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string // want: part of the error, or ""
	}{
		"shipped example": {"", "vendor_key is not a key"}, // whole but for the key, which it must not give
		"good":            {good, ""},
		"unknown key":     {good + "secretkey: PLANTED\n", "line 4, column 1: unknown key"},
		"key twice":       {good + "relay: nats://x:1\n", "line 4, column 1: unknown key, or one that is there twice"},
		"wrong type":      {good + "grace: PLANTED\n", "line 4, column 8: the value of grace"},
		"a list":          {"- PLANTED\n", "line 1: not a key"},
		"not YAML":        {"\t: PLANTED", "it is not YAML"},
		"empty":           {"\n", "relay is not the URL"},
		"another scheme":  {strings.Replace(good, "nats:", "http:", 1), "relay is not the URL"},
		"no credential":   {strings.Replace(good, "credential: c", "", 1), "credential is missing"},
		"short key":       {strings.Replace(good, "3b6a", "", 1), "vendor_key is not a key"},
		"negative":        {good + "grace: -1h\n", "is negative"},
	} {
		t.Run(name, func(t *testing.T) {
			path := "agent.yaml"
			if c.text != "" {
				path = filepath.Join(t.TempDir(), "agent.yaml")
				if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := readConfig(path)
			if c.want == "" {
				if err != nil || got.Grace != 24*time.Hour {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			var hinted *cli.Hinted
			if err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, &hinted) || hinted.Hint == "" {
				t.Fatalf("got %v, want %q and a hint", err, c.want)
			}
			if strings.Contains(err.Error()+hinted.Hint, "PLANTED") {
				t.Errorf("the error repeats a value: %v", err)
			}
		})
	}
}
