// Package tacit_test keeps the shape of the house: which package may import
// which, where the heavy libraries stay, and what stands at the top. It reads
// what `go list` says for every system that Tacit is built for.
package tacit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/tacit-telemetry/tacit"

// arrows says what each part may import beside itself and internal.
var arrows = map[string][]string{
	"schema":      {},
	"anon":        {"schema"},
	"agent":       {"anon", "schema"},
	"relay":       {"schema"},
	"store":       {"anon", "schema"},
	"internal":    {},
	"cmd":         {"schema", "anon", "agent", "relay", "store"},
	"integration": {"schema", "anon", "agent", "relay", "store", "cmd"},
}

// fences says which packages alone may import a library.
var fences = map[string][]string{
	"github.com/dgraph-io/badger":          {"store/db"},
	"github.com/nats-io/nats-server":       {"relay/door"},
	"github.com/nats-io/nats.go/jetstream": {"relay/forward", "store/ingest"},
}

// light says what must not be linked into what runs on everybody's host.
var light = []string{"github.com/dgraph-io/badger", "github.com/nats-io/nats-server", "google.golang.org/grpc", "google.golang.org/protobuf/proto", "go.opentelemetry.io/proto/otlp"}

// ofProducts is all of this module that products take on board.
var ofProducts = []string{"agent/client", "internal/datadir", "internal/durable"}

// pkg is what is asked of `go list`.
type pkg struct {
	ImportPath, Dir, Doc string
	Standard             bool
	GoFiles, Imports     []string
	TestGoFiles          []string
	XTestGoFiles         []string
}

// list asks `go list` for a system.
func list(t *testing.T, system string, args ...string) (out []pkg) {
	t.Helper()
	const fields = "-json=ImportPath,Dir,Doc,Standard,GoFiles,Imports,TestGoFiles,XTestGoFiles"
	c := exec.CommandContext(t.Context(), "go", append([]string{"list", fields}, args...)...)
	c.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	var errs bytes.Buffer
	c.Stderr = &errs
	b, err := c.Output()
	if err != nil {
		t.Fatalf("go list for %s: %v: %s", system, err, &errs)
	}
	for d := json.NewDecoder(bytes.NewReader(b)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
}

// within returns the path below the module, or false.
func within(path string) (string, bool) { return strings.CutPrefix(path, module+"/") }

func part(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

func isOrBelow(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// turned says what is wrong with one import, or nothing.
func turned(from, to string) string {
	for library, homes := range fences {
		if isOrBelow(to, library) && !slices.Contains(homes, from) {
			return fmt.Sprintf("%s imports %s, which is for %s only", from, to, strings.Join(homes, " and "))
		}
	}
	target, ours := within(to)
	a, b := part(from), part(target)
	switch {
	case !ours || b == "internal":
		return ""
	case a != b && !slices.Contains(arrows[a], b):
		return fmt.Sprintf("%s imports %s: %s may import %s and internal", from, target, a, strings.Join(append([]string{a}, arrows[a]...), ", "))
	// The root of schema is the words that its rooms share.
	case a == b && target == a && from != a && a != "schema":
		return fmt.Sprintf("%s imports %s: a room must not import its root", from, target)
	}
	return ""
}

// look opens every folder: the go command answers a test from its cache unless
// something changed that the test itself has looked at.
func look(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestArrows(t *testing.T) {
	look(t)
	for _, system := range []string{"linux", "darwin", "windows"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			for _, p := range list(t, system, "./...") {
				from, ours := within(p.ImportPath)
				if !ours {
					continue // this test
				}
				for _, to := range p.Imports {
					if wrong := turned(from, to); wrong != "" {
						t.Error(wrong)
					}
				}
			}
			checkLinked(t, system)
		})
	}
}

// checkLinked looks at all that is linked, through every other package.
func checkLinked(t *testing.T, system string) {
	t.Helper()
	for _, from := range []string{"agent", "cmd/tacit-agent", "agent/client"} {
		for _, p := range list(t, system, "-deps", "./"+from) {
			for _, library := range light {
				if isOrBelow(p.ImportPath, library) {
					t.Errorf("%s links %s", from, p.ImportPath)
				}
			}
			if target, ours := within(p.ImportPath); from == "agent/client" && !p.Standard && (!ours || !slices.Contains(ofProducts, target)) {
				t.Errorf("%s links %s: products take on board the standard library and %s", from, p.ImportPath, strings.Join(ofProducts, ", "))
			}
		}
	}
}

// TestTurnedArrows turns each arrow once: the message names both ends.
func TestTurnedArrows(t *testing.T) {
	for _, c := range [][2]string{
		{"store", module + "/relay"}, {"relay/gate", module + "/store/db"}, {"schema/wire", module + "/anon"}, {"anon/page", module + "/agent/spool"},
		{"agent/spool", module + "/agent"}, {"store/db", module + "/store"}, {"relay/door", module + "/relay"}, {"anon/own", module + "/anon"},
		{"agent/upload", module + "/relay/door"}, {"relay", module + "/anon/envelope"}, {"internal/durable", module + "/schema"}, {"store", module + "/cmd/tacit"},
		{"store/rollup", "github.com/dgraph-io/badger/v4"}, {"relay", "github.com/nats-io/nats-server/v2/server"}, {"cmd/tacit", "github.com/nats-io/nats-server/v2/server"},
		{"relay/door", "github.com/nats-io/nats.go/jetstream"}, {"nowhere", module + "/schema"},
	} {
		to, _ := within(c[1])
		if got := turned(c[0], c[1]); !strings.Contains(got, c[0]) || !strings.Contains(got, to) {
			t.Errorf("%s imports %s: %q", c[0], c[1], got)
		}
	}
	for _, c := range [][2]string{
		{"agent", module + "/agent/spool"}, {"agent/local", module + "/agent/intake"}, {"schema/wire", module + "/schema"}, {"relay", module + "/internal/durable"},
		{"store/db", "github.com/dgraph-io/badger/v4/options"}, {"relay/forward", "github.com/nats-io/nats.go/jetstream"}, {"agent/upload", "github.com/nats-io/nats.go"},
		{"cmd/tacit", module + "/store"}, {"integration/rig", module + "/cmd/internal/cli"},
	} {
		if got := turned(c[0], c[1]); got != "" {
			t.Errorf("allowed, and refused: %s", got)
		}
	}
}

// TestPackageComments: every package says what it is.
func TestPackageComments(t *testing.T) {
	look(t)
	for _, p := range list(t, "linux", "./...") {
		doc := p.Doc
		if len(p.GoFiles) == 0 { // tests alone
			doc = testDoc(t, p)
		}
		if doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

func testDoc(t *testing.T, p pkg) string {
	t.Helper()
	for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc.Text() != "" {
			return f.Doc.Text()
		}
	}
	return ""
}

// TestTopLevel: the tree is the architecture, and nothing else stands there.
func TestTopLevel(t *testing.T) {
	files := []string{
		"go.mod", "go.sum", "Makefile", "README.md", "ARCHITECTURE.md", "PRIVACY.md", "CHANGELOG.md", "LICENSE", "arrows_test.go",
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		_, isPart := arrows[name]
		switch {
		case strings.HasPrefix(name, "."), name == "bin" && e.IsDir(): // of tools, and what make builds
		case e.IsDir() && !isPart:
			t.Errorf("folder %s is no part of the house", name)
		case !e.IsDir() && !slices.Contains(files, name):
			t.Errorf("file %s does not belong at the top", name)
		}
	}
}
