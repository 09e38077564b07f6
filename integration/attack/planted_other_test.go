//go:build !linux

package attack

import "testing"

// TestPlantedHost needs namespaces.
func TestPlantedHost(t *testing.T) {
	t.Fatal("a planted host needs the namespaces of Linux (UTS, mount, network): run this test there")
}

// TestLeak needs namespaces.
func TestLeak(t *testing.T) {
	t.Fatal("a planted host needs the namespaces of Linux (UTS, mount, network): run this test there")
}

// TestClones needs namespaces.
func TestClones(t *testing.T) {
	t.Fatal("a planted host needs the namespaces of Linux (UTS, mount, network): run this test there")
}
