package generate_test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// clientPath is what generated code reports through; clientDir is where it is.
const (
	clientPath = "github.com/tacit-telemetry/tacit/agent/client"
	clientDir  = "../../../agent/client"
)

// checker type-checks packages as the compiler does. The client and the standard
// library are read from their sources once.
type checker struct {
	mu     sync.Mutex
	files  *token.FileSet
	source types.Importer
	ready  map[string]*types.Package
}

var shared = func() *checker {
	// A test that is built with -trimpath does not know where the library's sources are.
	if out, err := exec.Command("go", "env", "GOROOT").Output(); err == nil {
		build.Default.GOROOT = strings.TrimSpace(string(out))
	}
	files := token.NewFileSet()
	return &checker{files: files, source: importer.ForCompiler(files, "source", nil), ready: map[string]*types.Package{}}
}()

// Import implements [types.Importer].
func (c *checker) Import(path string) (*types.Package, error) {
	if p := c.ready[path]; p != nil {
		return p, nil
	}
	if path != clientPath {
		return c.source.Import(path)
	}
	names, err := filepath.Glob(filepath.Join(clientDir, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(c.files, name, nil, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	p, err := (&types.Config{Importer: c, IgnoreFuncBodies: true}).Check(path, c.files, files, nil)
	c.ready[path] = p
	return p, err
}

// compile returns the first mistake in a package of one file.
func (c *checker) compile(path, text string) error {
	f, err := parser.ParseFile(c.files, path+".go", text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	p, err := (&types.Config{Importer: c}).Check(path, c.files, []*ast.File{f}, nil)
	if err == nil {
		c.ready[path] = p
	}
	return err
}

// check compiles generated functions and a product's statements that use them.
// want is a part of the compiler's message, or "" when it must compile.
func check(t *testing.T, functions, statements, want string) {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if err := shared.compile("telemetry", functions); err != nil {
		t.Fatalf("%v in\n%s", err, functions)
	}
	product := fmt.Sprintf("package main\nimport (\n\"time\"\n\"telemetry\"\n)\nvar _ = time.Second\nfunc main() {\n%s\n}\n", statements)
	switch err := shared.compile("product", product); {
	case want == "" && err != nil:
		t.Errorf("%s: %v", statements, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s: %v, want %q", statements, err, want)
	}
}

// TestCompiles: every function takes what is registered.
func TestCompiles(t *testing.T) {
	check(t, generated(t, all()...), `
		telemetry.MenuUsed(telemetry.MenuOpen)
		telemetry.MenuUsed(telemetry.MenuCPlusPlus)
		telemetry.MenuUsed(telemetry.Menu5_3)
		telemetry.MenuUsed(telemetry.Menu{})
		telemetry.AddMenuUsed(3, telemetry.MenuOpenRecent)
		telemetry.OperationDuration(time.Second, telemetry.OperationSearch, telemetry.TypeSlow)
		telemetry.SetEdition(telemetry.EditionEnterprise)
		telemetry.SetPluginVersion("1.2")
		telemetry.SetSyncOn(true)
		telemetry.SetDocuments(12, telemetry.MenuOpen)
		telemetry.Error(telemetry.ErrorDiskFull, telemetry.ErrorOperationSave)
		telemetry.Error(error(telemetry.ErrorFsPathError), telemetry.ErrorOperation{})
		telemetry.LogIndexRebuilt()
		telemetry.LogSyncDone(12, time.Second, telemetry.StateDone)
		telemetry.AnswerSurveyScore(9)
		telemetry.AnswerSurveyReason(telemetry.SurveyReasonFast)
		telemetry.HTTPServerRequests("5.3.1", telemetry.HTTPRouteSlash)
		telemetry.AddHTTPServerRequests(2, "5.3.1", telemetry.HTTPRouteItemsID)`, "")
}

// TestUnregistered: what is not registered does not compile.
func TestUnregistered(t *testing.T) {
	functions := generated(t, all()...)
	for statement, want := range map[string]string{
		`telemetry.MenuUsed("open")`:                                                                 "cannot use",
		`telemetry.MenuUsed(1)`:                                                                      "cannot use",
		`telemetry.MenuUsed(telemetry.MenuClose)`:                                                    "undefined: telemetry.MenuClose",
		`telemetry.MenuUsed(telemetry.OperationSearch)`:                                              "cannot use",
		`telemetry.MenuUsed(telemetry.Menu{7})`:                                                      "implicit assignment to unexported field n",
		`telemetry.WindowUsed(telemetry.MenuOpen)`:                                                   "undefined: telemetry.WindowUsed",
		`telemetry.SetEdition("standard")`:                                                           "cannot use",
		`telemetry.LogIndexLost()`:                                                                   "undefined: telemetry.LogIndexLost",
		`telemetry.LogSyncDone(12, "/home/ann", telemetry.StateDone)`:                                "cannot use",
		`telemetry.LogIndexRebuilt("/home/ann")`:                                                     "too many arguments",
		`telemetry.Error("disk_full", telemetry.ErrorOperation{})`:                                   "cannot use",
		`telemetry.OperationDuration(time.Second, telemetry.ErrorOperationSave, telemetry.TypeFast)`: "cannot use",
		`telemetry.Queries()`:                                                                        "undefined: telemetry.Queries",
	} {
		check(t, functions, statement, want)
	}
}
