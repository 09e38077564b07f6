package rig

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// Product is an example of a product that reports about itself.
type Product struct {
	Name string
	Code int                      // how it exits
	On   func(dir string) Command // the product on the host whose agent runs on dir
}

// Products returns a product in each language that there is an example for.
// They report finder.menu.used, finder.operation.duration and finder.error.
func Products(t testing.TB) []Product {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("%v; hint: apt-get install nodejs", err)
	}
	finder := Binary(t, "finder")
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	script := func(interpreter, name string) func(dir string) Command {
		return func(dir string) Command {
			path := filepath.Join(root, "agent", "local", "examples", name)
			return Command{Path: interpreter, Args: []string{path}, Env: []string{"TACIT_DATA=" + dir, "DO_NOT_TRACK=", "TACIT_TELEMETRY="}}
		}
	}
	return []Product{
		{Name: "Go", Code: 7, On: func(dir string) Command {
			return Command{Path: finder, Args: []string{"-dir", filepath.Join(dir, "run"), "-exit", "7"}, Env: []string{"DO_NOT_TRACK=", "TACIT_TELEMETRY="}}
		}},
		{Name: "Python", On: script("/usr/bin/python3", "report.py")},
		{Name: "Node", On: script(node, "report.mjs")},
	}
}

// UpExample starts `tacit up` on dir with the registry of the example's
// products, and waits for its banner.
func UpExample(t testing.TB, dir string) *Process {
	t.Helper()
	c := Tacit(t, "up", "--ports", "0", "--data", dir)
	for _, file := range ExampleRegistry(t) {
		c.Args = append(c.Args, "--registry", file)
	}
	p := c.Start(t, dir)
	p.WaitFor(t, "Ctrl-C ends it")
	return p
}

// ExampleRegistry returns the files of the example's registry.
func ExampleRegistry(t testing.TB) []string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "schema", "registry", "example", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of the example's registry: %v", err)
	}
	return files
}
