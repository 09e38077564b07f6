package registry

import "testing"

func TestCompareVersions(t *testing.T) {
	ascending := []string{"0.9", "1", "1.0.1", "1.2.0-alpha", "1.2.0-beta.2", "1.2.0-beta.11", "1.2.0-rc1", "1.2.0-rc2", "1.2.0", "1.2.0.1", "1.10", "v5.3.1", "5.4+dirty", "devel", "unknown"}
	for i, a := range ascending {
		if !IsVersion(a) {
			t.Errorf("%s is no version", a)
		}
		for j, b := range ascending {
			got, want := CompareVersions(a, b), 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got != want {
				t.Errorf("%s and %s: %d, want %d", a, b, got, want)
			}
		}
	}
	if CompareVersions("5.3", "v5.3.0+dirty") != 0 {
		t.Error("5.3 and v5.3.0 are not equally new")
	}
}

func FuzzCompareVersions(f *testing.F) {
	f.Add("1.2.0-rc1", "1.2.0", "1.10")
	f.Add("devel", "5", "")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if CompareVersions(a, b) != -CompareVersions(b, a) || CompareVersions(a, a) != 0 {
			t.Errorf("%q and %q have no order", a, b)
		}
		if CompareVersions(a, b) < 0 && CompareVersions(b, c) < 0 && CompareVersions(a, c) >= 0 {
			t.Errorf("%q < %q < %q, but not the first and the last", a, b, c)
		}
	})
}
