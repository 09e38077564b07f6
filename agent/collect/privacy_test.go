package collect

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/shirou/gopsutil/v4/host"
)

// The host's name and ID, as the library and the system know them, stand in
// no sample.
func TestHostNameAndIDStayHere(t *testing.T) {
	info, err := host.Info()
	if err != nil {
		t.Fatal(err)
	}
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	samples, err := Collect(t.Context(), Host(Config{DataDir: t.TempDir()}))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{info.Hostname, info.HostID, name} {
		if secret == "" {
			t.Fatal("this host has no name or ID: the test proves nothing here")
		}
		for _, s := range samples {
			if holds(s.Value.Text, secret) {
				t.Errorf("%s holds the host's name or ID", s.Metric)
			}
			if len(s.Labels) != 0 {
				t.Errorf("%s has labels: look at them here too", s.Metric)
			}
		}
	}
}

// holds says whether a secret stands in a fact. A host that is called "deb" is
// told by a fact that is "deb" only, and not by "debian".
func holds(fact, secret string) bool {
	if len(secret) < 6 {
		return strings.EqualFold(fact, secret)
	}
	return strings.Contains(strings.ToLower(fact), strings.ToLower(secret))
}

// No file of this package, on any system, can read them: what knows them is
// neither imported nor named.
func TestHostNameAndIDAreNeverRead(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "gen_") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		checked++
		for _, bad := range forbidden(tree) {
			t.Errorf("%s uses %s", file, bad)
		}
	}
	if checked < 10 {
		t.Errorf("checked %d files only", checked)
	}
}

// forbidden returns what in a file could read who this host is.
func forbidden(tree *ast.File) (found []string) {
	imports := map[string]bool{
		"github.com/shirou/gopsutil/v4/host": true, "github.com/shirou/gopsutil/v4/net": true,
		"net": true, "net/http": true, "os/user": true, "os/exec": true,
	}
	names := map[string]bool{
		"Hostname": true, "HostID": true, "HostIDWithContext": true, "ComputerName": true,
		"GetComputerName": true, "GetComputerNameEx": true, "Uname": true, "Nodename": true,
		"UserHomeDir": true, "Cmdline": true, "Environ": true, "Username": true,
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			if path, _ := strconv.Unquote(n.Path.Value); imports[path] {
				found = append(found, path)
			}
		case *ast.Ident:
			if names[n.Name] {
				found = append(found, n.Name)
			}
		case *ast.BasicLit:
			if strings.Contains(n.Value, "machine-id") || strings.Contains(n.Value, "hostname") {
				found = append(found, n.Value)
			}
		}
		return true
	})
	return found
}
